"""A plugin of detect-secrets. It knows the texts of our own tokens, such as `st_prod_` and 36 letters and
digits.
"""

import re

from detect_secrets.plugins.base import RegexBasedDetector


class BillingToken(RegexBasedDetector):
    secret_type = "Billing API token"
    denylist = [re.compile(r"\b[sp]t_(?:prod|stg)_[0-9A-Za-z]{36}\b")]
