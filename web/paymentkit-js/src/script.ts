// PaymentKit.js as a script: it makes one global, PaymentKit.

import { cameFrom, PaymentKit } from "./kit";

cameFrom((document.currentScript as HTMLScriptElement | null)?.src);
Object.assign(globalThis, { PaymentKit });
