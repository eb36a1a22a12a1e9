// Written by `make paymentkit-js`.
&[
    ("paymentkit.js", "text/javascript; charset=utf-8", include_str!("paymentkit-a1c461e6120a.js")),
    ("paymentkit.mjs", "text/javascript; charset=utf-8", include_str!("paymentkit-8f0c7422d8e0.mjs")),
    ("paymentkit-8f0c7422d8e0.mjs", "text/javascript; charset=utf-8", include_str!("paymentkit-8f0c7422d8e0.mjs")),
    ("paymentkit-a1c461e6120a.js", "text/javascript; charset=utf-8", include_str!("paymentkit-a1c461e6120a.js")),
    ("paymentkit-stripe-8a7759d7b623.js", "text/javascript; charset=utf-8", include_str!("paymentkit-stripe-8a7759d7b623.js")),
]
