//! Floor 2: what things are. One entity a file or folder: its type, what a client may send, its rules as
//! pure functions, its states. Nothing here waits, reads a clock or knows the table.

pub mod account;
pub mod auth;
pub mod billing;
pub mod brand;
pub mod checkout;
pub mod coupon;
pub mod credit_note;
pub mod custom_field;
pub mod customer;
pub mod entity;
pub mod entity_type;
pub mod event;
pub mod event_type;
pub mod expansion;
pub mod filter;
pub mod invoice;
pub mod list;
pub mod operator_token;
pub mod payment_intent;
pub mod payment_method;
pub mod price;
pub mod priced;
pub mod processor;
pub mod product;
pub mod promotion_code;
pub mod rate_limit;
pub mod record;
pub mod redemption;
pub mod refund;
pub mod shapes;
pub mod status;
pub mod subscription;
pub mod test_clock;
pub mod token;
pub mod words;
