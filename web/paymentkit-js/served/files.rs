// Written by `make paymentkit-js`.
&[
    ("paymentkit.js", "text/javascript; charset=utf-8", include_str!("paymentkit-629abd3dc48d.js")),
    ("paymentkit.mjs", "text/javascript; charset=utf-8", include_str!("paymentkit-87e871dd877e.mjs")),
    ("paymentkit-629abd3dc48d.js", "text/javascript; charset=utf-8", include_str!("paymentkit-629abd3dc48d.js")),
    ("paymentkit-87e871dd877e.mjs", "text/javascript; charset=utf-8", include_str!("paymentkit-87e871dd877e.mjs")),
]
