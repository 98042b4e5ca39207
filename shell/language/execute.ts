// Carries out statements, one after the other, until one fails.
//
//   a && b || c    a failure before && or || and in the condition of `if` is an answer, no error
//   repeat N       $n is the round; Ctrl-C ends the rounds
//
// Words are expanded when the turn of their command comes.

import { UsageError } from "../../cluster/index.ts";
import { Refusal } from "../exit-status.ts";
import { outputDrained } from "../run-output.ts";
import { parseCount, parseDuration } from "../units.ts";
import { roundsMax } from "./check.ts";
import { done, endsAll, type Failure, type Outcome, unreadable } from "./outcome.ts";
import { expandCommand, expandText, type PlainCommand } from "./plain.ts";
import { type Context, type Include, preparePipeline } from "./prepare.ts";
import type { Session } from "./session.ts";
import type { List, Pipeline, Statement } from "./syntax.ts";
import { runToTime } from "./verbs-time.ts";
import { environmentOf } from "./variables.ts";

/** Where the statements come from. */
export interface Source {
  /** As messages name it; empty at a terminal. */
  readonly file: string;
  readonly include: Include;
}

export async function executeStatements(
  session: Session,
  statements: readonly Statement[],
  source: Source,
): Promise<Outcome> {
  let outcome = done;
  for (const [index, statement] of statements.entries()) {
    if (index > 0 && session.takeInterrupt()) return interrupted(session);
    outcome = await executeStatement(session, statement, source);
    await outputDrained();
    if (outcome.at !== "done") return outcome;
  }
  return outcome;
}

async function executeStatement(
  session: Session,
  statement: Statement,
  source: Source,
): Promise<Outcome> {
  const place = source.file === "" ? "" : `${source.file}:${statement.place.line}`;
  session.place = place;
  const fromNs = session.cluster.now;
  const outcome = withPlace(await executeKind(session, statement, source), place);
  if (outcome.at === "failed") session.lastStatus = outcome.status;
  if (statement.is === "run") {
    const { text } = statement.place;
    session.watch?.({ text, place, outcome, fromNs, untilNs: session.cluster.now });
  }
  return outcome;
}

function withPlace(outcome: Outcome, place: string): Outcome {
  if (outcome.at !== "failed" || outcome.place !== undefined || place === "") return outcome;
  return { ...outcome, place };
}

function executeKind(session: Session, statement: Statement, source: Source): Promise<Outcome> {
  switch (statement.is) {
    case "run":
      return executeRun(session, statement, source);
    case "if":
      return executeIf(session, statement, source);
    case "repeat":
      return executeRepeat(session, statement, source);
  }
}

async function executeRun(
  session: Session,
  { at, list, background }: Extract<Statement, { readonly is: "run" }>,
  source: Source,
): Promise<Outcome> {
  if (at !== null) {
    const text = expandText(at, environmentOf(session));
    if (typeof text !== "string") return unreadable(text.wrong);
    const time = parseDuration(text);
    if ("wrong" in time)
      return unreadable(`expected a TIME after "at": ${time.wrong}, got "${text}"`);
    const came = await runToTime(session, time.value);
    if (came.at !== "done") return came;
  }
  return executeList(session, list, background, source);
}

async function executeIf(
  session: Session,
  statement: Extract<Statement, { readonly is: "if" }>,
  source: Source,
): Promise<Outcome> {
  const condition = await executeList(session, statement.condition, false, source);
  if (condition.at === "leave" || (condition.at === "failed" && endsAll(condition)))
    return condition;
  const holds = condition.at === "done" && condition.status === 0;
  if (session.takeInterrupt()) return interrupted(session);
  const branch = holds ? statement.then : statement.otherwise;
  if (branch.length === 0) session.lastStatus = 0;
  return executeStatements(session, branch, source);
}

async function executeRepeat(
  session: Session,
  { count, body }: Extract<Statement, { readonly is: "repeat" }>,
  source: Source,
): Promise<Outcome> {
  const { variables } = session;
  const text = expandText(count, environmentOf(session));
  if (typeof text !== "string") return unreadable(text.wrong);
  const rounds = parseCount(text, { min: 0, max: roundsMax });
  if ("wrong" in rounds) return unreadable(`repeat: expected ${rounds.wrong}, got "${text}"`);
  const before = variables.get("n");
  if (rounds.value === 0) session.lastStatus = 0;
  let outcome = done;
  for (let round = 1; round <= rounds.value && outcome.at === "done"; round++) {
    if (round > 1) await breath();
    variables.set("n", String(round));
    outcome =
      round > 1 && session.takeInterrupt()
        ? interrupted(session)
        : await executeStatements(session, body, source);
  }
  if (before === undefined) variables.delete("n");
  else variables.set("n", before);
  return outcome;
}

/** Rounds that wait for nothing leave time to hear Ctrl-C. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

async function executeList(
  session: Session,
  { first, rest }: List,
  background: boolean,
  source: Source,
): Promise<Outcome> {
  let outcome = await executePipeline(session, first, background, source);
  for (const { when, pipeline } of rest) {
    if (outcome.at === "leave" || (outcome.at === "failed" && endsAll(outcome))) return outcome;
    const succeeded = outcome.at === "done" && outcome.status === 0;
    outcome = { at: "done", status: outcome.status };
    if (succeeded !== (when === "&&")) continue;
    if (session.takeInterrupt()) return interrupted(session);
    outcome = await executePipeline(session, pipeline, background, source);
  }
  return outcome;
}

async function executePipeline(
  session: Session,
  pipeline: Pipeline,
  background: boolean,
  { include }: Source,
): Promise<Outcome> {
  const outcome = await carryOut(session, pipeline, { background, include });
  session.lastStatus = outcome.status;
  return outcome;
}

async function carryOut(
  session: Session,
  pipeline: Pipeline,
  { background, include }: Pick<Context, "background" | "include">,
): Promise<Outcome> {
  const environment = environmentOf(session);
  const commands: PlainCommand[] = [];
  for (const command of pipeline) {
    const plain = expandCommand(command, environment);
    if ("wrong" in plain) return unreadable(`${plain.wrong} (column ${plain.column})`);
    commands.push(plain);
  }
  const { settings } = session;
  const prepared = preparePipeline(commands, { settings, background, include });
  if ("wrong" in prepared) {
    const failure = unreadable(prepared.wrong);
    return prepared.place === undefined ? failure : { ...failure, place: prepared.place };
  }
  return guarded(session, prepared.run);
}

/** What cannot be, although the words are right, is a failure of the line. */
async function guarded(
  session: Session,
  run: (session: Session) => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await run(session);
  } catch (error) {
    if (error instanceof UsageError) {
      return { at: "failed", status: 1, expected: "a line that can be", got: error.message };
    }
    if (error instanceof Refusal) {
      const expected = "a line that can be carried out";
      return { at: "failed", status: error.status, expected, got: error.message };
    }
    throw error;
  }
}

function interrupted(session: Session): Failure {
  return session.unmet("the lines that follow to run", "interrupted");
}
