//! Black-box tests: the real function binaries, behind the routes of template.yaml, on a real
//! DynamoDB engine. Each test has a stack and accounts of its own, so tests share nothing and run in
//! parallel; a fault that one injects is met by no other.

mod client;
mod customers;
