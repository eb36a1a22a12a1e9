// An invoice as it would look: drawn while somebody types how it is to look.

import { type Thing } from "./api";
import { money, plain } from "./format";

/** What customers would see at the top of an invoice, with these settings in place of those there are. */
export function Sample({ account, over }: { account: Thing; over?: Thing }) {
  const brand = { ...(account.brand as Thing), ...over };
  const of = (name: string) => (brand[name] ? String(brand[name]) : undefined);
  const color = /^#[0-9a-f]{6}$/i.test(of("primary_color") ?? "") ? of("primary_color")! : "#1d2330";
  const currency = String(account.default_currency);
  const days = Number(account.payment_terms_days);
  return (
    <figure class="sample" aria-label="An invoice in this look" style={{ borderTopColor: color }}>
      <p class="row"><strong>{of("display_name") ?? plain(account.name)}</strong>{of("logo_url") && <span class="quiet">with your logo in the place of the name</span>}</p>
      <p class="name" style={{ color }}>Invoice {plain(account.invoice_prefix)}-0001</p>
      <table>
        <tbody>
          <tr><td>Team plan</td><td>3 × {money(1200, currency)}</td><td>{money(3600, currency)}</td></tr>
          <tr><th scope="row" colSpan={2}>Due {days ? `in ${days} days` : "at once"}</th><td><strong>{money(3600, currency)}</strong></td></tr>
        </tbody>
      </table>
      <p class="quiet">{of("support_email") ? `Questions? Write to ${of("support_email")}` : "Without an address to write to"}</p>
    </figure>
  );
}
