use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn january() -> Period {
    Period { start: at("2026-01-01T00:00:00Z"), end: at("2026-02-01T00:00:00Z") }
}

fn half() -> Timestamp {
    at("2026-01-16T12:00:00Z")
}

fn three_quarters() -> Timestamp {
    at("2026-01-24T06:00:00Z")
}

fn entry(price: i64, span: Option<Period>) -> Entry {
    Entry { price: Atoms::new(price), span, ..Entry::default() }
}

fn paid(entries: Vec<Entry>) -> Account {
    let settled = Atoms::sum(entries.iter().map(|entry| entry.price)).unwrap();
    Account { entries, settled, open: Atoms::ZERO }
}

fn unpaid(entries: Vec<Entry>) -> Account {
    let open = Atoms::sum(entries.iter().map(|entry| entry.price)).unwrap();
    Account { entries, settled: Atoms::ZERO, open }
}

fn plain(amounts: Vec<Atoms>) -> Vec<i64> {
    amounts.into_iter().map(Atoms::get).collect()
}

fn credit(account: &Account, place: usize, value: i64) -> (i64, i64) {
    let split = account.credit(place, Atoms::new(value)).unwrap();
    (split.reduced.get(), split.returned.get())
}

#[test]
fn unused_time_is_the_paid_part_of_the_lines_own_span() {
    let account = paid(vec![entry(2000, Some(january()))]);
    assert_eq!(plain(account.unused(half()).unwrap()), [1000]);
    assert_eq!(plain(account.unused(three_quarters()).unwrap()), [500]);
    assert_eq!(plain(account.unused(january().start).unwrap()), [2000]);
    assert_eq!(plain(account.unused(january().end).unwrap()), [0]);
    // A line for the second half of the month has all of its time left at the half.
    let rest = Period { start: half(), ..january() };
    let account = paid(vec![entry(1550, Some(rest))]);
    assert_eq!(plain(account.unused(half()).unwrap()), [1550]);
    assert_eq!(plain(account.unused(three_quarters()).unwrap()), [775]);
}

#[test]
fn what_is_sold_once_has_no_unused_time() {
    let account = paid(vec![entry(1000, Some(january())), entry(1500, None)]);
    assert_eq!(plain(account.unused(half()).unwrap()), [500, 0]);
    assert_eq!(plain(account.current(half()).unwrap()), [1000, 0]);
}

#[test]
fn what_was_given_back_is_not_given_back_again() {
    let account = paid(vec![entry(2000, Some(january()))]);
    let split = account.credit(0, Atoms::new(1000)).unwrap();
    let account = account.credited(0, split).unwrap();
    assert_eq!(plain(account.unused(three_quarters()).unwrap()), [0]);
    assert_eq!(plain(account.current(three_quarters()).unwrap()), [1000]);
    assert_eq!(credit(&account, 0, 1200), (0, 200));
    assert_eq!(credit(&account, 0, 5000), (0, 1000));
}

#[test]
fn a_credit_for_unpaid_time_reduces_what_is_open() {
    let lines = vec![entry(100, Some(january())), entry(9000, Some(january()))];
    let account = unpaid(lines);
    assert_eq!(credit(&account, 1, 9000), (9000, 0));
    let split = account.credit(1, Atoms::new(9000)).unwrap();
    let account = account.credited(1, split).unwrap();
    assert_eq!(account.open, Atoms::new(100));
    assert_eq!(credit(&account, 1, 9000), (0, 0));
}

#[test]
fn of_a_part_payment_only_what_is_beyond_the_open_part_comes_back() {
    let lines = vec![entry(100, Some(january())), entry(9000, Some(january()))];
    let account = Account { settled: Atoms::new(4000), open: Atoms::new(5100), ..unpaid(lines) };
    let split = account.credit(1, Atoms::new(9000)).unwrap();
    assert_eq!((split.reduced.get(), split.returned.get()), (5100, 3900));
    let account = account.credited(1, split).unwrap();
    assert_eq!(plain(account.paid().unwrap()), [100, 3900]);
    assert_eq!(plain(account.returnable().unwrap()), [100, 0]);
}

#[test]
fn nothing_comes_back_of_what_nobody_paid_and_nobody_owes() {
    let void = Account { open: Atoms::ZERO, ..unpaid(vec![entry(1000, Some(january()))]) };
    assert_eq!(credit(&void, 0, 500), (0, 0));
    assert_eq!(plain(void.unused(half()).unwrap()), [0]);
}

#[test]
fn a_part_payment_is_given_back_in_proportion() {
    let account = Account {
        settled: Atoms::new(400),
        open: Atoms::new(600),
        ..unpaid(vec![entry(1000, Some(january()))])
    };
    assert_eq!(plain(account.unused(half()).unwrap()), [200]);
    let given = fate(&account, RefundOption::Prorated, half()).unwrap();
    assert_eq!((plain(given.returned), plain(given.reduced)), (vec![200], vec![300]));
    let given = fate(&account, RefundOption::Full, half()).unwrap();
    assert_eq!((plain(given.returned), plain(given.reduced)), (vec![400], vec![600]));
    let given = fate(&account, RefundOption::CancelUnpaid, half()).unwrap();
    assert_eq!((plain(given.returned), plain(given.reduced)), (vec![0], vec![600]));
    let given = fate(&account, RefundOption::None, half()).unwrap();
    assert_eq!((plain(given.returned), plain(given.reduced)), (vec![0], vec![0]));
    assert_eq!(given.fate, Fate::Kept);
}

#[test]
fn what_is_given_back_of_no_line_in_particular_is_divided() {
    let lines = vec![entry(300, Some(january())), entry(100, None)];
    let account = paid(lines);
    assert_eq!(plain(account.spread(Atoms::new(100)).unwrap()), [75, 25]);
    assert_eq!(plain(account.spread(Atoms::new(999)).unwrap()), [300, 100]);
    let shares = account.spread(Atoms::new(100)).unwrap();
    let account = account.returned(&shares).unwrap();
    assert_eq!(account.all_returnable(), Ok(Atoms::new(300)));
    // Half of 300 is unused; 75 of it are back already.
    assert_eq!(plain(account.unused(half()).unwrap()), [75, 0]);
}

#[test]
fn a_waiting_line_is_credited_for_the_time_that_is_left_of_it() {
    let rest = Period { start: half(), ..january() };
    let line = entry(1000, Some(rest));
    let credited = |option, at| line.unbilled(option, at).unwrap().get();
    assert_eq!(credited(RefundOption::Prorated, half()), 1000);
    assert_eq!(credited(RefundOption::Prorated, three_quarters()), 500);
    assert_eq!(credited(RefundOption::Full, three_quarters()), 1000);
    assert_eq!(credited(RefundOption::None, three_quarters()), 0);
    assert_eq!(credited(RefundOption::Prorated, january().end), 0);
}

#[test]
fn what_was_given_back_of_a_line_was_paid_for_it_though_its_part_were_less_by_now() {
    let returned = |of: i64| Entry { returned: Atoms::new(of), ..entry(100, None) };
    let account =
        |entries: Vec<Entry>| Account { entries, settled: Atoms::new(100), open: Atoms::new(100) };
    for (given, expected) in [(0, [50, 50]), (50, [50, 50]), (80, [80, 20]), (100, [100, 0])] {
        let account = account(vec![returned(given), entry(100, None)]);
        assert_eq!(plain(account.paid().unwrap()), expected, "{given} was given back");
    }
}

#[test]
fn of_an_invoice_whose_time_is_over_full_gives_nothing_back() {
    let account = unpaid(vec![entry(1000, Some(january()))]);
    let over = fate(&account, RefundOption::Full, january().end).unwrap();
    assert_eq!((plain(over.reduced), plain(over.returned)), (vec![0], vec![0]));
    assert_eq!(over.fate, Fate::WrittenOff);
    let last = january().end.plus_seconds(-1);
    assert_eq!(fate(&account, RefundOption::Full, last).unwrap().fate, Fate::Closed);
}

#[test]
fn a_credit_is_what_it_reduces_and_what_it_returns() {
    let mut account = unpaid(vec![entry(1000, None)]);
    (account.settled, account.open) = (Atoms::new(700), Atoms::new(300));
    let split = account.credit(0, Atoms::new(500)).unwrap();
    assert_eq!((split.reduced.get(), split.returned.get()), (300, 200));
    assert_eq!(split.amount().unwrap().get(), 500);
}
