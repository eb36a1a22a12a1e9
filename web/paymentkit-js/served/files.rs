// Written by `make paymentkit-js`.
&[
    ("paymentkit.js", "text/javascript; charset=utf-8", include_str!("paymentkit-658c0b0a01c6.js")),
    ("paymentkit.mjs", "text/javascript; charset=utf-8", include_str!("paymentkit-cd1a35819538.mjs")),
    ("paymentkit-658c0b0a01c6.js", "text/javascript; charset=utf-8", include_str!("paymentkit-658c0b0a01c6.js")),
    ("paymentkit-cd1a35819538.mjs", "text/javascript; charset=utf-8", include_str!("paymentkit-cd1a35819538.mjs")),
]
