//! Working on several buckets at once.

use std::collections::VecDeque;
use std::future::Future;

/// Runs `work` on every item, `workers` at a time, and returns the results in the items' order.
///
/// # Errors
/// The first failure; nothing more is begun after it, and what has begun has ended: nobody writes any more.
pub async fn in_parallel<I, T, E, F, R>(workers: usize, items: Vec<I>, work: F) -> Result<Vec<T>, E>
where
    I: Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
    F: Fn(I) -> R,
    R: Future<Output = Result<T, E>> + Send + 'static,
{
    let mut waiting = items.into_iter();
    let mut running = VecDeque::new();
    let (mut results, mut failure) = (Vec::new(), None);
    loop {
        while failure.is_none() && running.len() < workers.max(1) {
            let Some(item) = waiting.next() else { break };
            running.push_back(tokio::spawn(work(item)));
        }
        let Some(task) = running.pop_front() else { break };
        match task.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
            Ok(result) => results.push(result),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map_or(Ok(results), Err)
}
