// The kernel call port_request_notification. It takes two rights at once, one to be told of and one
// to tell by; all is checked before the second leaves the space.

import {
  copyout,
  kern,
  namesLeft,
  type NotificationRequest,
  portExtractRight,
  portGetRefs,
  portRequestNotification,
  portType,
  type PortName,
  referencesMax,
  type Right,
  arriving,
  dropRight,
  type SpaceContext,
  nameTypes,
} from "../../ports/index.ts";
import { type Caller, type CallResult, returnValue } from "../task/call.ts";
import {
  attempt,
  isLacking,
  noteChanged,
  prepareWords,
  spaceOf,
  storeWords,
  waitForPort,
  wordOf,
} from "./port-context.ts";
import type { Arguments } from "./table.ts";

/** Ids of Mach's notification messages, less the offset by which `msgh_id` counts them. */
const requests: ReadonlyMap<number, NotificationRequest["which"]> = new Map([
  [69, "port-destroyed"],
  [70, "no-senders"],
  [72, "dead-name"],
]);
const moveSendOnce = 18;
const makeSendOnce = 21;

export function requestNotification(caller: Caller, args: Arguments): CallResult {
  const [subject, id, syncArgument, notifyArgument, disposition, address] = args;
  const which = requests.get(id);
  if (!which) return returnValue(kern.invalidValue);
  const refused = prepareWords(caller, [address, 1]);
  if (refused) return refused;
  const context = spaceOf(caller);
  const asked = { name: wordOf(subject), which, sync: wordOf(syncArgument) };
  const notify = wordOf(notifyArgument);
  const onTheWay = which === "no-senders" ? arriving(context, asked.name) : undefined;
  if (onTheWay !== undefined) return waitForPort({ claim: onTheWay });
  const code = check(context, asked, notify, disposition);
  if (code !== kern.success) return returnValue(code);
  let right: Right | null = null;
  if (notify !== 0) {
    const taken = attempt(caller, () => portExtractRight(context, notify, disposition));
    if (isLacking(taken)) return waitForPort(taken);
    if (!taken.right) return returnValue(kern.invalidCapability);
    right = taken.right;
  }
  const answer = portRequestNotification(context, { ...asked, notify: right });
  if (answer.code !== kern.success && right) dropRight(context.ports, right);
  const previous = answer.previous ? copyout(context, answer.previous) : 0;
  if (answer.code === kern.success) storeWords(caller, address, [previous]);
  noteChanged(caller);
  return returnValue(answer.code);
}

type Asked = Omit<NotificationRequest, "notify">;

/** Whether the request will be accepted once `notify` has been taken. */
function check(
  context: SpaceContext,
  { name, which, sync }: Asked,
  notify: PortName,
  disposition: number,
): number {
  if (which === "port-destroyed") return kern.invalidValue;
  const { code, type } = portType(context, name);
  if (code !== kern.success) return code;
  if (notify !== 0) {
    if (disposition !== moveSendOnce && disposition !== makeSendOnce) return kern.invalidCapability;
    if (notify === name && disposition === moveSendOnce) return kern.invalidCapability;
  }
  if (namesLeft(context.space) === 0) return kern.noSpace;
  if (which === "no-senders") {
    return (type & nameTypes.receive) === 0 ? kern.invalidRight : kern.success;
  }
  if ((type & nameTypes.set) !== 0) return kern.invalidRight;
  if ((type & nameTypes.dead) === 0) return kern.success;
  if (notify === 0 || sync === 0) return kern.invalidArgument;
  const { references } = portGetRefs(context, name, "dead-name");
  return references >= referencesMax ? kern.urefsOverflow : kern.success;
}
