//! What may take only so long, and may not take the process with it.

use std::{future::Future, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;

use crate::base::error::Error;

/// Runs `work` for at most `left`; a panic in it is an error like any other.
pub async fn within<T>(
    left: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(left, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("of unknown cause");
            Err(Error::Internal(format!("panic: {text}")))
        }
        Err(_) => Err(Error::Busy("the function's time ran out".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn a_panic_is_an_internal_error() {
        let work = async { if true { panic!("canary") } else { Ok(()) } };
        let error = within(Duration::from_secs(5), work).await.unwrap_err();
        assert_eq!((error.status(), error.for_the_log()), (500, Some("panic: canary")));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_request_that_runs_out_of_time_is_told_to_come_back() {
        let work = std::future::pending::<Result<(), Error>>();
        let error = within(Duration::ZERO, work).await.unwrap_err();
        assert_eq!((error.status(), error.retry_after()), (503, Some(1)));
    }
}
