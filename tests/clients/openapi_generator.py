"""The story of tests/clients/README.md, told with what openapi-generator makes of openapi.yaml for
Python."""

import datetime
import inspect
import os

import openapi_client
from openapi_client import api, exceptions

CLIENT = openapi_client.ApiClient(openapi_client.Configuration(
    host=os.environ["BASE_URL"], access_token=os.environ["TOKEN"]))


def of(name):
    return getattr(api, f"{name}Api")(CLIENT)


def story():
    models = openapi_client
    account = of("Account").account_get()
    assert account.environment == models.Environment.STG, account
    processor = of("Processors").processors_create(
        models.NewProcessor(name="Cards", type=models.ProcessorType.TEST))
    customer = of("Customers").customers_create(
        models.NewCustomer(email="jane@example.com", name="Jane"))
    method = of("PaymentMethods").payment_methods_create(
        customer.id, models.NewPaymentMethod(token="test_success", processor_id=processor.id))
    product = of("Products").products_create(models.NewProduct(name="Team plan"))
    price = of("Prices").prices_create(models.NewPrice(
        product_id=product.id, currency="usd", billing_interval=models.IntervalUnit.MONTH,
        tiers_mode=models.TiersMode.GRADUATED,
        tiers=[models.NewTier(up_to=5, unit_amount_atom=1000),
               models.NewTier(unit_amount_decimal=models.NewTierUnitAmountDecimal("812.5"))]))
    assert [tier.unit_amount_decimal for tier in price.tiers] == ["1000", "812.5"], price
    subscription = of("Subscriptions").subscriptions_create(models.NewSubscription(
        customer_id=customer.id, processor_id=processor.id, default_payment_method_id=method.id,
        items=[models.NewSubscriptionItem(price_id=price.id, quantity=7)]))
    assert subscription.state == models.SubscriptionState.ACTIVE, subscription
    hour = datetime.timedelta(hours=1)
    page = of("Customers").customers_list(created_at_gte=customer.created_at - hour)
    assert [one.id for one in page.items] == [customer.id], page
    page = of("Customers").customers_list(created_at_gte=customer.created_at + hour)
    assert page.total == 0, page
    try:
        of("Customers").customers_get(customer.id[:-1] + ("a" if customer.id[-1] != "a" else "b"))
        raise AssertionError("a customer that there is not was found")
    except exceptions.NotFoundException as missing:
        assert type(missing.data) is models.Problem and missing.data.status == 404, missing.data
    renamed = of("Customers").customers_update(
        customer.id, customer_patch=models.CustomerPatch(name=None))
    assert renamed.name is None and renamed.email == customer.email, renamed
    ended = of("Subscriptions").subscriptions_cancel(
        subscription.id, cancellation=models.Cancellation(refund_option=models.RefundOption.FULL))
    assert ended.state == models.SubscriptionState.CANCELLED, ended
    return customer


def more(customer):
    """One of everything else that there is to read."""
    models = openapi_client
    invoice = of("Invoices").invoices_create(models.NewInvoice(
        customer_id=customer.id, currency="usd",
        collection_method=models.CollectionMethod.SEND_INVOICE,
        items=[models.NewInvoiceItem(
            name="Consulting", unit_amount=models.NewInvoiceItemUnitAmount("150.00"))]))
    assert invoice.total_amount_atom == 15000, invoice
    of("Invoices").invoices_finalize(invoice.id)
    coupon = of("Coupons").coupons_create(models.NewCoupon(
        discount_type=models.DiscountType.PERCENTAGE, percent_off=20))
    of("TestClock").test_clock_get()
    return of("PromotionCodes").promotion_codes_create(
        models.NewPromotionCode(coupon_id=coupon.id, code="SPRING"))


def read_everything(customer):
    """Every list, and every first object of one by its id."""
    lists = 0
    for _, group in inspect.getmembers(api, inspect.isclass):
        group = group(CLIENT)
        for name in (name for name in dir(group) if name.endswith("_list")):
            operation = getattr(group, name)
            asked = inspect.signature(operation).parameters
            if any(one.default is one.empty and one.name not in ("id", "_request_timeout") for one in asked.values()):
                continue  # Of a meter, and nothing without one.
            page = operation(*([customer.id] if "id" in asked else []))
            assert type(page).__name__.endswith("Page"), (name, page)
            lists += 1
            get = getattr(group, name.removesuffix("list") + "get", None)
            if page.items and get:
                first = page.items[0]
                assert type(get(first.id)) is type(first), name
    return lists


customer = story()
code = more(customer)
lists = read_everything(customer)
assert of("PromotionCodes").promotion_codes_delete(code.id).deleted is True
assert lists >= 15, lists
print(f"openapi-generator, Python: the story and {lists} lists")
