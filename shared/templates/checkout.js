// A card is typed into Stripe's own element, which is a page of Stripe's within this one: its number is
// never here. What Stripe makes of it, the id of a payment method, goes into the form, which is then sent
// as any other.
(() => {
  const box = document.getElementById("card");
  const form = box.closest("form");
  const token = form.elements.namedItem("token");
  const button = form.querySelector("button");
  const problem = document.getElementById("card-problem");
  const { key, currency, failed } = box.dataset;
  // There said that scripts are needed.
  box.replaceChildren();
  let elements, stripe;
  const say = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
    if (text) problem.focus();
  };
  const busy = (is) => {
    button.disabled = is;
    form.setAttribute("aria-busy", String(is));
  };
  const begin = () => {
    stripe = Stripe(key, { locale: document.documentElement.lang });
    elements = stripe.elements({ mode: "setup", currency, paymentMethodCreation: "manual", paymentMethodTypes: ["card"] });
    const card = elements.create("payment", { terms: { card: "never" }, wallets: { applePay: "never", googlePay: "never" } });
    card.on("loaderror", () => say(failed));
    card.mount(box);
  };
  const present = async () => {
    if (!elements) return failed;
    const { error: wrong } = await elements.submit();
    if (wrong) return wrong.message || failed;
    const email = form.elements.namedItem("email");
    const params = email ? { billing_details: { email: email.value.trim() } } : {};
    const { error, paymentMethod } = await stripe.createPaymentMethod({ elements, params });
    if (error) return error.message || failed;
    token.value = paymentMethod.id;
    form.submit();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    say("");
    busy(true);
    const wrong = await present().catch(() => failed);
    if (!wrong) return;
    busy(false);
    say(wrong);
  });
  // Whoever comes back by the browser's button presents a card anew.
  addEventListener("pageshow", () => {
    token.value = "";
    busy(false);
  });
  // Whoever comes back from the bank need not say so.
  const here = new URLSearchParams(location.search);
  const back = document.querySelector('button[name="bank"][value="done"]');
  if (back && here.has("redirect_status") && !here.has("said")) back.click();
  const script = document.createElement("script");
  script.src = "https://js.stripe.com/v3/";
  script.onload = begin;
  script.onerror = () => say(failed);
  document.head.append(script);
})();
