// What stands for Stripe where pages are opened: its script, and a shop that is paid by it.

import { ready } from "./shop.mjs";

/**
 * What stands for Stripe's own script: a field of another page, and what is made of what is typed there. As
 * Stripe's, it cannot be shown within the shadow of another element, and says when it can be used.
 */
const SCRIPT = `
window.Stripe = (key, { locale }) => ({
  elements: ({ currency, mode }) => {
    const field = Object.assign(document.createElement("input"), { className: "stand-in" });
    field.setAttribute("aria-label", [key, locale, mode, currency].join(" "));
    window.field = field;
    const listeners = {};
    const tell = (name, told) => (listeners[name] ?? []).forEach((one) => one(told));
    field.addEventListener("input", () => tell("change", { complete: field.value !== "", empty: field.value === "" }));
    return {
      create: () => ({
        on: (name, listener) => void (listeners[name] = [...(listeners[name] ?? []), listener]),
        mount: (box) => {
          if (box.getRootNode() !== document) throw new Error("Elements cannot be mounted in a ShadowRoot. Please mount in the Light DOM.");
          box.append(field);
          setTimeout(() => tell("ready"));
        },
        unmount: () => field.remove(),
      }),
      submit: async () => (field.value ? {} : { error: { code: "incomplete_number", message: "The number is incomplete." } }),
    };
  },
  createPaymentMethod: async ({ params }) => {
    window.params = params;
    return field.value === "nothing" ? { error: { message: "Stripe refuses it." } } : { paymentMethod: { id: field.value } };
  },
});`;

/** Answers in Stripe's place whoever asks for its script. */
export const standIn = (page) => page.route("https://js.stripe.com/**", (route) => route.fulfill({ contentType: "text/javascript", body: SCRIPT }));

/** A shop that is paid by Stripe. */
export async function byStripe(name, keys = { publishable_key: "pk_test_shop" }) {
  const shop = await ready(name);
  const stripe = await shop.call("POST", "/processors", { name: "Cards", type: "stripe", secret_key: "rk_test_standin0000demo", ...keys });
  await shop.call("PATCH", "/account", { default_processor_id: stripe.id });
  return shop;
}
