"""The story of tests/clients/README.md, told with what openapi-python-client makes of openapi.yaml."""

import datetime
import importlib
import inspect
import os
import pkgutil

import billing_api_client
from billing_api_client import api, models

BASE_URL = os.environ["BASE_URL"]
CLIENT = billing_api_client.AuthenticatedClient(
    base_url=BASE_URL, token=os.environ["TOKEN"], raise_on_unexpected_status=True
)


def operation(module, name):
    return importlib.import_module(f"billing_api_client.api.{module}.{name}")


def call(module, name, *path, kind=None, **arguments):
    """The answer, read into a type; with `kind`, of exactly that."""
    answer = operation(module, name).sync_detailed(*path, client=CLIENT, **arguments)
    if kind is not models.Problem:
        assert answer.status_code == 200, (name, answer.status_code, answer.content)
    assert kind is None or type(answer.parsed) is kind, (name, answer.parsed)
    return answer.parsed


def other(name):
    """An id like this one, of nothing."""
    return name[:-1] + ("a" if name[-1] != "a" else "b")


def story():
    account = call("account", "account_get", kind=models.Account)
    assert account.environment == models.Environment.STG, account
    processor = call("processors", "processors_create", body=models.NewProcessor(
        name="Cards", type_=models.ProcessorType.TEST))
    customer = call("customers", "customers_create", kind=models.Customer,
                    body=models.NewCustomer(email="jane@example.com", name="Jane"))
    method = call("payment_methods", "payment_methods_create", customer.id,
                  body=models.NewPaymentMethod(token="test_success", processor_id=processor.id))
    product = call("products", "products_create", body=models.NewProduct(name="Team plan"))
    price = call("prices", "prices_create", kind=models.Price, body=models.NewPrice(
        product_id=product.id, currency="usd", billing_interval=models.IntervalUnit.MONTH,
        tiers_mode=models.TiersMode.GRADUATED,
        tiers=[models.NewTier(up_to=5, unit_amount_atom=1000),
               models.NewTier(unit_amount_decimal="812.5")]))
    assert [tier.unit_amount_decimal for tier in price.tiers] == ["1000", "812.5"], price
    assert price.billing_interval == models.IntervalUnit.MONTH, price
    subscription = call("subscriptions", "subscriptions_create", kind=models.Subscription,
                        body=models.NewSubscription(
                            customer_id=customer.id, processor_id=processor.id,
                            default_payment_method_id=method.id,
                            items=[models.NewSubscriptionItem(price_id=price.id, quantity=7)]))
    assert subscription.state == models.SubscriptionState.ACTIVE, subscription
    before = customer.created_at - datetime.timedelta(hours=1)
    page = call("customers", "customers_list", kind=models.CustomerPage, created_atgte=before)
    assert [one.id for one in page.items] == [customer.id], page
    page = call("customers", "customers_list",
                created_atgte=customer.created_at + datetime.timedelta(hours=1))
    assert page.total == 0 and not page.items, page
    missing = call("customers", "customers_get", other(customer.id), kind=models.Problem)
    assert missing.status == 404 and missing.request_id, missing
    renamed = call("customers", "customers_update", customer.id,
                   body=models.CustomerPatch(name=None))
    assert renamed.name is None and renamed.email == customer.email, renamed
    ended = call("subscriptions", "subscriptions_cancel", subscription.id, body=models.Cancellation(
        refund_option=models.RefundOption.FULL))
    assert ended.state == models.SubscriptionState.CANCELLED, ended
    return customer


def more(customer):
    """One of everything else that there is to read."""
    invoice = call("invoices", "invoices_create", body=models.NewInvoice(
        customer_id=customer.id, currency="usd",
        collection_method=models.CollectionMethod.SEND_INVOICE,
        items=[models.NewInvoiceItem(name="Consulting", unit_amount="150.00")]))
    assert invoice.total_amount_atom == 15000, invoice
    call("invoices", "invoices_finalize", invoice.id)
    coupon = call("coupons", "coupons_create", body=models.NewCoupon(
        discount_type=models.DiscountType.PERCENTAGE, percent_off=20))
    call("test_clock", "test_clock_get")
    return call("promotion_codes", "promotion_codes_create", body=models.NewPromotionCode(
        coupon_id=coupon.id, code="SPRING"))


def read_everything(customer):
    """Every list, and every first object of one by its id."""
    lists = 0
    for package in pkgutil.iter_modules(api.__path__):
        folder = importlib.import_module(f"billing_api_client.api.{package.name}")
        names = [module.name for module in pkgutil.iter_modules(folder.__path__)]
        for name in (name for name in names if name.endswith("_list")):
            signature = inspect.signature(operation(package.name, name).sync_detailed)
            asked = signature.parameters
            if any(one.default is one.empty and one.name not in ("id", "client") for one in asked.values()):
                continue  # Of a meter, and nothing without one.
            page = call(package.name, name, *([customer.id] if "id" in asked else []))
            assert type(page).__name__.endswith("Page"), (name, page)
            lists += 1
            get = name.removesuffix("list") + "get"
            if page.items and get in names:
                first = page.items[0]
                assert type(call(package.name, get, first.id)) is type(first), get
    return lists


customer = story()
code = more(customer)
lists = read_everything(customer)
gone = call("promotion_codes", "promotion_codes_delete", code.id, kind=models.DeletedPromotionCode)
assert gone.deleted is True, gone
assert lists >= 15, lists
print(f"openapi-python-client: the story and {lists} lists")
