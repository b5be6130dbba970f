//! Working on several buckets at once.

use std::future::Future;

use futures::{StreamExt, stream};

/// Runs `work` on every item, `workers` at a time, and returns the results in the items' order.
///
/// # Errors
/// The first failure; work that has begun is dropped at its next await.
pub async fn in_parallel<I, T, E, F, R>(workers: usize, items: Vec<I>, work: F) -> Result<Vec<T>, E>
where
    I: Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
    F: Fn(I) -> R,
    R: Future<Output = Result<T, E>> + Send + 'static,
{
    let mut running = stream::iter(items)
        .map(|item| {
            let task = tokio::spawn(work(item));
            async move { task.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) }
        })
        .buffered(workers.max(1));
    let mut results = Vec::new();
    while let Some(result) = running.next().await {
        results.push(result?);
    }
    Ok(results)
}
