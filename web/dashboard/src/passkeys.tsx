// Passkeys: asking the browser for one, signing in with one, and those that an account has.

import { useState } from "preact/hooks";
import { atDoor, get, Refused, send, type Schemas, type Thing } from "./api";
import { Ask } from "./ask";
import { Input } from "./form";
import { plain, when } from "./format";
import { Curl, Problem, Section, useLoaded } from "./parts";

type Passkeys = Schemas["PasskeyPage"];

const LIST = "/passkeys?limit=100";
/** ES256, EdDSA and RS256: what the server verifies. */
const ALGORITHMS = [-7, -8, -257];

const bytes = (text: string) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const encoded = (buffer: ArrayBuffer) =>
  btoa(Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Whether this page is at a number, where no browser has passkeys. */
const atANumber = () => /^[\d.]+$|^\[/.test(location.hostname);

/** Whether this browser can have passkeys at this address. */
export const possible = () => "PublicKeyCredential" in window && !atANumber();

/** Why there are no passkeys here, and where there are. */
export function Elsewhere() {
  if (!atANumber()) return null;
  const near = location.hostname === "127.0.0.1" && <> Here that is <a href={`//localhost:${location.port}${location.pathname}`}>localhost</a>.</>;
  return <p class="quiet">Browsers have no passkeys at {location.hostname}: they need a name.{near}</p>;
}

/** What the browser's authenticator comes to, or why to nothing, in words. */
async function asked<T extends AuthenticatorResponse>(credential: Promise<Credential | null>): Promise<PublicKeyCredential & { response: T }> {
  try {
    const found = await credential;
    if (found) return found as PublicKeyCredential & { response: T };
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "InvalidStateError") throw new Error("This device has a passkey of this account already.");
    if (name !== "NotAllowedError") throw new Error(message);
  }
  throw new Error("Nothing came of it: it was not confirmed, or took too long.");
}

async function register(name: string): Promise<void> {
  const [{ challenge, host, user_handle, user_name }, { items }] = await Promise.all([
    get<Schemas["PasskeyChallenge"]>("/passkeys/new/challenge"),
    get<Passkeys>(LIST),
  ]);
  const made = await asked<AuthenticatorAttestationResponse>(
    navigator.credentials.create({
      publicKey: {
        challenge: bytes(challenge),
        rp: { id: host, name: "Billing" },
        user: { id: bytes(user_handle), name: user_name, displayName: user_name },
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: items.map((one) => ({ type: "public-key", id: bytes(one.credential_id) })),
        authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
        attestation: "none",
      },
    }),
  );
  const { clientDataJSON } = made.response;
  const body = { name, client_data: encoded(clientDataJSON), authenticator_data: encoded(made.response.getAuthenticatorData()) };
  await send({ method: "POST", path: "/passkeys", body });
}

/**
 * Signs in with whichever passkey a person chooses: the session. With a `signal` nobody is asked: the passkeys
 * stand among what the browser offers for the field that is filled in, until the signal comes.
 */
export async function byPasskey(signal?: AbortSignal): Promise<Thing> {
  const { challenge, host } = await atDoor<{ challenge: string; host: string }>();
  const { rawId, response } = await asked<AuthenticatorAssertionResponse>(
    navigator.credentials.get({
      publicKey: { challenge: bytes(challenge), rpId: host, userVerification: "required" },
      ...(signal && { mediation: "conditional", signal }),
    }),
  );
  // Whoever has come in by other means meanwhile is not made somebody else.
  signal?.throwIfAborted();
  return atDoor<Thing>({
    user_handle: encoded(response.userHandle ?? new ArrayBuffer(0)),
    credential_id: encoded(rawId),
    client_data: encoded(response.clientDataJSON),
    authenticator_data: encoded(response.authenticatorData),
    signature: encoded(response.signature),
  });
}

/** For how long what is asked is offered: it may be answered for five minutes. */
const OFFERED_MS = 240_000;

/**
 * Passkeys, offered for the field that is filled in. Each `begin` offers them for a while, where the browser can
 * and they are not offered already; `stop` takes them back. Nobody has asked for this, so nobody is told why
 * there are none: only why one that was chosen is refused.
 */
export function offers(entered: (session: Thing) => void, refused: (error: Refused) => void): { begin: () => void; stop: () => void } {
  let now: AbortController | undefined;
  const begin = async () => {
    if (now || !possible() || !(await PublicKeyCredential.isConditionalMediationAvailable?.()) || now) return;
    const own = (now = new AbortController());
    const timer = setTimeout(() => own.abort(), OFFERED_MS);
    try {
      entered(await byPasskey(own.signal));
    } catch (error) {
      if (error instanceof Refused && error.status !== 429 && !own.signal.aborted) refused(error);
    }
    clearTimeout(timer);
    if (now === own) now = undefined;
  };
  const stop = () => {
    now?.abort();
    now = undefined;
  };
  return { begin, stop };
}

/** The passkeys of the account: added, and removed. */
export function PasskeySettings({ currency }: { currency: string }) {
  const { value, error, again } = useLoaded<Passkeys>(LIST);
  const [problem, setProblem] = useState<Error>();
  const [said, say] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [leaving, leave] = useState<Thing>();
  const add = async (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    setBusy(true);
    setProblem(undefined);
    say(undefined);
    try {
      await register(String(new FormData(form).get("name") ?? ""));
      form.reset();
      say("It is registered. Next time, sign in with it.");
      again();
    } catch (error) {
      setProblem(error as Error);
    }
    setBusy(false);
  };
  return (
    <Section title="Passkeys">
      <p>Sign in by a fingerprint, a face or a PIN, without a secret token. Whoever signs in may do what you may now.</p>
      {error && <Problem error={error} />}
      {value && value.items.length === 0 && <p class="quiet">There is none yet.</p>}
      {value && value.items.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Passkeys">
          <table>
            <thead><tr>{["Name", "Do", "Works at", "Scopes", "Last used", "Registered"].map((label) => <th scope="col">{label}</th>)}</tr></thead>
            <tbody>
              {value.items.map((one) => (
                <tr key={one.id}>
                  <td>{one.name}</td>
                  <td><button class="small" aria-label={`Remove ${one.name}`} onClick={() => leave(one as unknown as Thing)}>Remove</button></td>
                  {[one.host, one.scopes.join(", "), one.last_used_at ? when(one.last_used_at) : "never", when(one.created_at)].map((text) => <td>{text}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {possible() ? (
        <form class="row" onSubmit={add}>
          <Input field={{ name: "name", label: "Name of a new one", required: true, hint: "such as Jane's laptop" }} value="" />
          <button disabled={busy}>Add a passkey</button>
        </form>
      ) : (
        <Elsewhere />
      )}
      {busy && <p role="status">Confirm it on your device…</p>}
      {said && <p class="said" role="status">{said}</p>}
      {problem && <Problem error={problem} />}
      <Curl call={{ method: "GET", path: LIST }} />
      {leaving && (
        <Ask
          title="Remove" fields={[]} currency={currency} again={again} call={() => ({ method: "DELETE", path: `/passkeys/${leaving.id}`, version: leaving.version })}
          grave={`Nobody signs in with ${plain(leaving.name)} any more. Sessions that it opened go on: revoke them under API keys. Remove it from the device too.`}
          close={(done) => {
            leave(undefined);
            if (done) again();
          }}
        />
      )}
    </Section>
  );
}
