"""What beancount says of a file: a line for each account and currency, `account,amount,currency`. Fails with
what is wrong, where anything is."""

import collections
import decimal
import sys

from beancount import loader
from beancount.core import data
from beancount.parser import printer


def main(path):
    entries, errors, _ = loader.load_file(path)
    if errors:
        printer.print_errors(errors, file=sys.stderr)
        sys.exit(1)
    sums = collections.defaultdict(decimal.Decimal)
    for entry in data.filter_txns(entries):
        for posting in entry.postings:
            sums[posting.account, posting.units.currency] += posting.units.number
    for (account, currency), amount in sorted(sums.items()):
        print(f"{account},{amount:f},{currency}")


main(sys.argv[1])
