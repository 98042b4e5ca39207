// What a row of the two tables of calls is. The docs are printed from the rows.
//
// A call is decode (refuse, or wait for pages: nothing has changed), do (cannot refuse), finish.
// `call` does the first two; if it leaves a wait whose continuation names a finisher, that ends it.

import type { Message } from "../../ports/index.ts";
import type { Caller, CallResult } from "../task/call.ts";
import type { CallData } from "../task/task.ts";

/** Arguments a0 to a5 as signed integers; exact below 2^53, which is all that any call accepts. */
export type Arguments = readonly [number, number, number, number, number, number];

export interface CallRow {
  readonly number: number;
  readonly name: string;
  readonly support: "full" | "partial";
  /** Where the call is answered once the task has left its home (after Sprite's table of calls). */
  readonly disposition: "local" | "forwarded" | "server";
  readonly doc: string;
  readonly call: (caller: Caller, args: Arguments) => CallResult;
}

/** Ends a call that had to wait. `reply` is null when it only waited for a page or a time. */
export type Finisher = (caller: Caller, data: CallData, reply: Message | null) => CallResult;
export type Finishers = Readonly<Record<string, Finisher>>;

/** Makes the rows of a file whose calls are all answered in the same place. */
export function rowsOf(
  disposition: CallRow["disposition"],
): (
  number: number,
  name: string,
  call: CallRow["call"],
  doc: string,
  support?: CallRow["support"],
) => CallRow {
  return (number, name, call, doc, support = "full") => ({
    number,
    name,
    call,
    doc,
    support,
    disposition,
  });
}
