"""The texts of our own tokens, for detect-secrets: `st_prod_` or `pt_stg_` and 36 letters and digits."""

import re

from detect_secrets.plugins.base import RegexBasedDetector


class BillingToken(RegexBasedDetector):
    secret_type = "Billing API token"
    denylist = [re.compile(r"\b[sp]t_(?:prod|stg)_[0-9A-Za-z]{36}\b")]
