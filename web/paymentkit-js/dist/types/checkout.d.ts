import type { Events, Outcome } from "./types";
type Name = keyof Events;
/** The form of one checkout session. */
export declare class Checkout {
    #private;
    /** Calls `listener` whenever this happens. */
    on<N extends Name>(name: N, listener: (told: Events[N]) => void): this;
    /** Calls `listener` no more. */
    off<N extends Name>(name: N, listener: (told: Events[N]) => void): this;
    /** Shows the form in an element of the page, given itself or by a selector. */
    mount(target: string | HTMLElement): this;
    /** Takes the form off the page. A payment that was begun goes on, and is told. */
    unmount(): void;
    /** Completes the session by what the form says, as its button does. While one is under way it is that one. */
    confirm(): Promise<Outcome>;
}
export {};
