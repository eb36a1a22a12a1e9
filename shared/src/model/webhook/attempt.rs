//! What an attempt to deliver came to, and when the next one is.

use crate::base::time::Timestamp;

/// What came of sending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// When it began.
    pub began_at: Option<Timestamp>,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The beginning of the answer.
    pub body: Option<String>,
    /// In how many seconds the receiver wants to be asked again.
    pub retry_after: Option<i64>,
    /// How long it took.
    pub millis: i64,
    /// Why there was no answer.
    pub failure: Option<&'static str>,
    /// The address may not be connected to.
    pub is_refused: bool,
}

/// What that means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was received.
    Received,
    /// It may be received later.
    Later,
    /// It is not tried again.
    Never,
    /// Nothing is to be sent there any more.
    Gone,
}

/// How long the receiver can put the next attempt off.
const LONGEST_WISH_SECONDS: i64 = 24 * 3600;

/// In how many seconds from `now` a receiver wants to be asked again, by its `Retry-After`: a number of
/// seconds or a date. What is neither says nothing.
pub fn wished(retry_after: &str, now: Timestamp) -> Option<i64> {
    let text = retry_after.trim();
    let until = |at: Timestamp| at.minus(now).max(0);
    text.parse().ok().or_else(|| Timestamp::of_http_date(text).map(until))
}

impl Sent {
    /// What it means: 2xx is success; 410 is an end; of the other 4xx only those that say "later" are
    /// tried again; all else, with redirects and no answer at all, is.
    pub fn verdict(&self) -> Verdict {
        match self.status {
            _ if self.is_refused => Verdict::Never,
            Some(200..=299) => Verdict::Received,
            Some(410) => Verdict::Gone,
            Some(408 | 409 | 425 | 429) => Verdict::Later,
            Some(400..=499) => Verdict::Never,
            _ => Verdict::Later,
        }
    }

    /// When it is tried again after `attempts` attempts, the last one at `now`: none, when that was the
    /// last. `delays` are the seconds between attempts; up to a fifth of each is left out by `chance`, of
    /// 0 to 255, so that what failed together does not come again together.
    pub fn next_attempt(
        &self,
        attempts: u32,
        delays: &[i64],
        now: Timestamp,
        chance: u8,
    ) -> Option<Timestamp> {
        let place = usize::try_from(attempts.checked_sub(1)?).ok()?;
        let delay = delays.get(place)?.saturating_mul(1000);
        let sooner = delay.saturating_mul(i64::from(chance)) / (5 * 256);
        let wished = self.retry_after.unwrap_or(0).clamp(0, LONGEST_WISH_SECONDS) * 1000;
        Some(now.plus_millis((delay - sooner).max(wished)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::config::WEBHOOK_DELAYS;

    fn answered(status: u16) -> Sent {
        Sent { status: Some(status), ..Sent::default() }
    }

    #[test]
    fn each_status_has_its_meaning() {
        for status in 100..600 {
            let expected = match status {
                200..=299 => Verdict::Received,
                410 => Verdict::Gone,
                408 | 409 | 425 | 429 => Verdict::Later,
                400..=499 => Verdict::Never,
                _ => Verdict::Later,
            };
            assert_eq!(answered(status).verdict(), expected, "{status}");
        }
        assert_eq!(
            Sent { failure: Some("timed out"), ..Sent::default() }.verdict(),
            Verdict::Later
        );
        assert_eq!(Sent { is_refused: true, ..Sent::default() }.verdict(), Verdict::Never);
    }

    #[test]
    fn there_are_eight_attempts_in_less_than_three_days() {
        for chance in [0, 255] {
            let start = Timestamp::from_millis(0).unwrap();
            let (mut now, mut attempts) = (start, 1);
            while let Some(next) =
                answered(500).next_attempt(attempts, &WEBHOOK_DELAYS, now, chance)
            {
                assert!(next > now);
                (now, attempts) = (next, attempts + 1);
            }
            assert_eq!(attempts, 8);
            let hours = now.minus(start) / 3600;
            assert!((57..72).contains(&hours), "{hours}");
        }
    }

    #[test]
    fn a_wish_is_a_number_of_seconds_or_a_date() {
        let now = "2026-01-31T09:30:00Z".parse().unwrap();
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sat, 31 Jan 2026 09:32:00 GMT", Some(120)),
            ("Sat, 31 Jan 2026 09:29:00 GMT", Some(0)),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(wished(text, now), seconds, "{text}");
        }
    }

    #[test]
    fn a_receiver_can_put_the_next_attempt_off_for_a_day() {
        let now = Timestamp::from_millis(0).unwrap();
        let wish = |seconds| Sent { retry_after: Some(seconds), ..answered(429) };
        let next = |seconds| wish(seconds).next_attempt(1, &[60], now, 0).unwrap().seconds();
        assert_eq!((next(-5), next(5), next(600), next(i64::MAX)), (60, 60, 600, 86_400));
    }
}
