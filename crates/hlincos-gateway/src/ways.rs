//! The ways to the sites, as `gateway.toml` has them: TLS alone, or a link with TLS behind it.

use std::sync::Arc;

use hlincos_channel::{Class, End};
use hlincos_net::link::{FrameDial, LinkEnd, feed};
use hlincos_net::{Client, TlsDial};
use hlincos_pki::{Identity, PartyName, Role};
use hlincos_record::share_object::LinkGrade;
use rustls::ClientConfig;

use crate::config::SiteConfig;
use crate::reading::link_words;
use crate::server::ServeError;
use crate::site_client::Ways;

/// One site: its name, how it is called, and the link to it.
pub(crate) struct Configured {
    pub(crate) name: String,
    pub(crate) ways: Arc<Ways>,
    pub(crate) link: Option<Arc<LinkEnd>>,
}

/// Opens the links and names the ways; calls nobody yet.
pub(crate) fn configure(
    site: &SiteConfig,
    tls: &Arc<ClientConfig>,
) -> Result<Configured, ServeError> {
    let name: PartyName = site
        .name
        .parse()
        .map_err(|_| ServeError::SiteName(site.name.clone()))?;
    let identity = Identity {
        role: Role::Shareholder,
        name,
    };
    let server_name = hlincos_tls::server_name(&identity);
    let Some(link) = &site.link else {
        let client = Client::new(site.address.clone(), server_name, tls.clone());
        return Ok(Configured {
            name: site.name.clone(),
            ways: Arc::new(Ways::single(client)),
            link: None,
        });
    };
    if link.end != End::A {
        return Err(ServeError::LinkEnd(link.number.get()));
    }
    let end = LinkEnd::configured(link.clone())?;
    let way = |class| {
        let tls = TlsDial::new(site.address.clone(), server_name.clone(), tls.clone());
        let dial = FrameDial::new(end.clone(), class, tls);
        Arc::new(Client::over(server_name.clone(), Arc::new(dial)))
    };
    let ways = Ways::new(way(Class::Emergency), way(Class::Control), way(Class::Bulk));
    Ok(Configured {
        name: site.name.clone(),
        ways: Arc::new(ways),
        link: Some(end),
    })
}

/// Feeds every link that has a key manager, as long as it is polled.
pub(crate) async fn feed_all(links: Vec<Arc<LinkEnd>>) {
    let fed = links.into_iter().filter(|link| link.config().qkd.is_some());
    futures_util::future::join_all(fed.map(feed)).await;
}

/// The weakest of what protects a class of data on its way from the sites, as far as any is sent.
pub(crate) fn weakest(sites: &[(String, Option<Arc<LinkEnd>>)], class: Class) -> LinkGrade {
    let grade = |link: &Option<Arc<LinkEnd>>| match link {
        None => Some(LinkGrade::PqTls),
        Some(end) => end.level(class, true).ok().map(|level| end.grade(level)),
    };
    let grades = sites.iter().filter_map(|(_, link)| grade(link));
    grades.min().unwrap_or(LinkGrade::PqTls)
}

/// What protects the links to the sites now, in words: one for all, or one for each site.
pub(crate) fn in_words(sites: &[(String, Option<Arc<LinkEnd>>)]) -> String {
    let words = |link: &Option<Arc<LinkEnd>>| match link {
        None => link_words(LinkGrade::PqTls).to_owned(),
        Some(end) => {
            let of = |class| match end.level(class, true) {
                Ok(level) => link_words(end.grade(level)).to_owned(),
                Err(why) => format!("nothing ({why})"),
            };
            let (emergency, bulk) = (of(Class::Emergency), of(Class::Bulk));
            if emergency == bulk {
                bulk
            } else {
                format!("{bulk}, for emergencies {emergency}")
            }
        }
    };
    let all: Vec<String> = sites.iter().map(|(_, link)| words(link)).collect();
    match all.split_first() {
        Some((first, rest)) if rest.iter().all(|other| other == first) => first.clone(),
        _ => {
            let named = sites.iter().zip(&all);
            let named: Vec<String> = named
                .map(|((name, _), words)| format!("{name}: {words}"))
                .collect();
            named.join("; ")
        }
    }
}
