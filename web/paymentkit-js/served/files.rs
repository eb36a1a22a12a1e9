// Written by `make paymentkit-js`.
&[
    ("paymentkit.js", "text/javascript; charset=utf-8", include_str!("paymentkit-2d1167212885.js")),
    ("paymentkit.mjs", "text/javascript; charset=utf-8", include_str!("paymentkit-9b57265c7c9f.mjs")),
    ("paymentkit-2d1167212885.js", "text/javascript; charset=utf-8", include_str!("paymentkit-2d1167212885.js")),
    ("paymentkit-9b57265c7c9f.mjs", "text/javascript; charset=utf-8", include_str!("paymentkit-9b57265c7c9f.mjs")),
]
