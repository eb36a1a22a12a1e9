// What src/types.ts says of a session is what openapi.yaml says: this file is read by the compiler alone.

import type { Problem as Ours } from "../src/types";
import type { Session } from "../src/types";
import type { components } from "./schema";

type Known = components["schemas"];
type Same<Expected, Given extends Expected> = Given;

export type Matches = [
  Same<Session, Known["PublicCheckoutSession"]>,
  Same<Session["payment_methods"][number]["processor"], Known["PublicCheckoutSession"]["payment_methods"][number]["processor"]>,
  Ours,
];
