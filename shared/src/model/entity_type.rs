//! The entities that can have custom fields.

use crate::base::input::choice;

choice! {
    /// What a field describes.
    pub enum EntityType {
        /// Customers.
        Customer = "customer",
        /// Subscriptions.
        Subscription = "subscription",
        /// Products.
        Product = "product",
        /// Prices.
        Price = "price",
        /// Invoices.
        Invoice = "invoice",
        /// Checkout sessions.
        CheckoutSession = "checkout_session",
    }
}
