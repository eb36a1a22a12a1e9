//! Least privilege: what a function does to the table is what its policy in template.yaml lets it do,
//! no less and no more.
