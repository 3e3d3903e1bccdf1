//! Serves one page to this machine's browser: `hlincos view`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::door::{Door, exchange, guard};

/// A page ready to be shown.
pub struct Viewer {
    listener: TcpListener,
    address: SocketAddr,
    door: Arc<Door>,
    page: String,
}

impl Viewer {
    /// Binds a port of the loopback address and draws token and session.
    ///
    /// # Errors
    /// Whatever the system says.
    pub async fn start(page: String) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self {
            door: Door::new(address, "/patient")?,
            listener,
            address,
            page,
        })
    }

    /// The address for the browser; it works once.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.door.path())
    }

    /// Serves until `stop` is ready.
    ///
    /// # Errors
    /// Whatever the system says.
    pub async fn serve_until(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let shown = Arc::new((self.door.clone(), self.page));
        let router = Router::new()
            .route("/view/{token}", get(exchange).with_state(self.door.clone()))
            .route("/patient", get(patient).with_state(shown))
            .fallback(|| async { StatusCode::NOT_FOUND })
            .layer(axum::middleware::from_fn_with_state(self.door, guard));
        axum::serve(self.listener, router)
            .with_graceful_shutdown(stop)
            .await
    }
}

async fn patient(State(shown): State<Arc<(Arc<Door>, String)>>, headers: HeaderMap) -> Response {
    let (door, page) = &*shown;
    if !door.knows(&headers) {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], page.clone()).into_response()
}
