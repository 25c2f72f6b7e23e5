use std::sync::mpsc;

use rayon::prelude::*;

/// Items a thread works on before results are handed on; bounds what is held in memory.
const CHUNK_PER_THREAD: usize = 32;

/// Runs `work` for `0..count` on the current rayon pool and gives the results to `sink` in that order.
///
/// The sink runs on a thread of its own while the next items are worked on. When it returns an error the remaining
/// items are not started, and the error is returned.
pub fn in_order<R: Send, E: Send>(
    count: usize,
    work: impl Fn(usize) -> R + Sync,
    mut sink: impl FnMut(R) -> Result<(), E> + Send,
) -> Result<(), E> {
    let chunk = CHUNK_PER_THREAD * rayon::current_num_threads();
    let (sender, receiver) = mpsc::sync_channel::<Vec<R>>(1);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || receiver.into_iter().flatten().try_for_each(&mut sink));
        for start in (0..count).step_by(chunk) {
            let end = count.min(start + chunk);
            let results = (start..end).into_par_iter().map(&work).collect();
            if sender.send(results).is_err() {
                break;
            }
        }
        drop(sender);
        match writer.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(threads: usize) -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    #[test]
    fn results_come_in_order_on_any_number_of_threads() {
        for threads in [1, 2, 7] {
            let mut seen = Vec::new();
            let all = pool(threads).install(|| {
                in_order(
                    1000,
                    |n| n * 2,
                    |n| {
                        seen.push(n);
                        Ok::<(), ()>(())
                    },
                )
            });
            assert_eq!(all, Ok(()));
            assert_eq!(seen, (0..1000).map(|n| n * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_failing_sink_stops_the_work() {
        let started = std::sync::atomic::AtomicUsize::new(0);
        let result = pool(2).install(|| {
            in_order(
                100_000,
                |n| {
                    started.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    n
                },
                |n| if n < 10 { Ok(()) } else { Err("full") },
            )
        });
        assert_eq!(result, Err("full"));
        assert!(started.into_inner() < 1000);
    }
}
