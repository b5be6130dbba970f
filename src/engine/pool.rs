//! Working on several buckets, files or lists at once.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::task::JoinHandle;

/// Runs `work` on every item, `workers` at a time, and returns the results in the items' order.
///
/// # Errors
/// The first failure; work that has begun is dropped at its next await, and has ended when this is told.
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
    let mut results = Vec::new();
    loop {
        let free = workers.max(1).saturating_sub(running.len());
        running.extend(waiting.by_ref().take(free).map(|item| Spawned(tokio::spawn(work(item)))));
        let Some(mut task) = running.pop_front() else { return Ok(results) };
        match end_of(&mut task.0).await {
            Ok(result) => results.push(result),
            Err(error) => {
                running.iter().for_each(|task| task.0.abort());
                for task in &mut running {
                    // cancelled, or too late to be: either way nobody writes any more
                    let _ = (&mut task.0).await;
                }
                return Err(error);
            }
        }
    }
}

async fn end_of<T>(task: &mut JoinHandle<T>) -> T {
    match task.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that shuts down cancels a task that is waited for: it ends this wait, too.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Work that stops at its next await when nobody waits for it any more.
struct Spawned<T>(JoinHandle<T>);

impl<T> Drop for Spawned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Does `work` for each item on several threads calls `reached` with how many are done; returns in the items' order.
pub fn on_threads<T: Sync, R: Send, E: Send>(
    workers: usize,
    items: &[T],
    reached: &(dyn Fn(u64) + Sync),
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<R, E>)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { break };
                    let result = work(item);
                    if result.is_err() {
                        next.store(items.len(), Ordering::Relaxed);
                    }
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push((at, result));
                    reached(done.len() as u64);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    /// The first failure ends everything: nothing goes on behind the caller's back.
    #[test]
    fn work_ends_with_the_first_failure() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        let finished = Arc::new(AtomicUsize::new(0));
        let counted = finished.clone();
        let outcome: Result<Vec<()>, &str> = runtime.block_on(in_parallel(3, vec![0, 1, 2], move |item| {
            let finished = counted.clone();
            async move {
                if item == 0 {
                    return Err("first");
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
                finished.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        }));
        assert_eq!(outcome, Err("first"));
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(200)).await });
        assert_eq!(finished.load(Ordering::SeqCst), 0);
    }

    /// A caller that is dropped with its runtime does not panic.
    #[test]
    fn a_runtime_that_shuts_down_ends_the_wait() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        let waiting = runtime.spawn(in_parallel(2, vec![(); 4], |()| async {
            tokio::time::sleep(Duration::from_mins(10)).await;
            Ok::<(), ()>(())
        }));
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
        runtime.shutdown_timeout(Duration::from_secs(5));
        assert!(waiting.is_finished());
    }
}
