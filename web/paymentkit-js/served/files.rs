// Written by `make paymentkit-js`.
&[
    ("paymentkit.js", "text/javascript; charset=utf-8", include_str!("paymentkit-e72092151ab6.js")),
    ("paymentkit.mjs", "text/javascript; charset=utf-8", include_str!("paymentkit-0bd2d32926fc.mjs")),
    ("paymentkit-0bd2d32926fc.mjs", "text/javascript; charset=utf-8", include_str!("paymentkit-0bd2d32926fc.mjs")),
    ("paymentkit-e72092151ab6.js", "text/javascript; charset=utf-8", include_str!("paymentkit-e72092151ab6.js")),
]
