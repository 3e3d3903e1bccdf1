//! Waiting for several sites: for all of them, or briefly for those who are late.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

/// How long sites that are late are waited for once enough have answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Until each answered or gave up.
    ForAll,
    /// So long from then on; who has not answered by then counts as silent.
    Briefly(Duration),
}

/// Waits for answers, in the order of the questions; `None` for those that came too late.
///
/// What is late is dropped, not awaited.
pub(crate) async fn gather<T>(
    questions: impl IntoIterator<Item = impl Future<Output = T>>,
    waiting: Waiting,
    enough: impl Fn(&[Option<T>]) -> bool,
) -> Vec<Option<T>> {
    let mut open: FuturesUnordered<_> = questions
        .into_iter()
        .enumerate()
        .map(|(at, question)| async move { (at, question.await) })
        .collect();
    let mut answers: Vec<Option<T>> = (0..open.len()).map(|_| None).collect();
    let mut deadline: Option<Instant> = None;
    loop {
        let late = async {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            answer = open.next() => match answer {
                Some((at, answer)) => answers[at] = Some(answer),
                None => return answers,
            },
            () = late => return answers,
        }
        if let (Waiting::Briefly(grace), None) = (waiting, deadline)
            && enough(&answers)
        {
            deadline = Some(Instant::now() + grace);
        }
    }
}
