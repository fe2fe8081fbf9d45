/** What to do about a call that failed, by the stable name of its error. */
import type { Target } from '../../api/callTool';
import type { ApiError } from '../../api/errors';
import type { CallResult } from '../../api/types';

/** Where it goes on: a tab of the provider, or another page. */
export type Way = 'provider' | 'logs' | 'starts' | 'health' | 'tools' | 'group' | 'policies';

export type Advice = { say: string; ways: readonly Way[] };

const slow: Advice = {
  say: 'It took longer than the call may. The tool may have done its work all the same: look before you call again. A longer limit stands beside the button.',
  ways: ['logs', 'starts'],
};
const notUp: Advice = {
  say: 'The provider did not come up, or ended under the call. What it wrote before stands in its logs, each try among its starts.',
  ways: ['logs', 'starts'],
};
const notAllowed: Advice = {
  say: 'Neither a role nor a policy lets you call it. The policies tell who may, and why.',
  ways: ['policies'],
};
const notWell: Advice = {
  say: 'Calls are kept away because the last ones failed; a probe lets them in again. Its health tells when.',
  ways: ['health', 'logs'],
};
const signIn: Advice = {
  say: 'The provider does not take Hangar’s credentials, or has none. Sign in, or give it others, on its page.',
  ways: ['provider', 'logs'],
};

const byType: Readonly<Record<string, Advice>> = {
  AccessDeniedError: notAllowed,
  ToolAccessDeniedError: notAllowed,
  AuthenticationError: {
    say: 'You are not signed in any more. Sign in and call again: the arguments stay.',
    ways: [],
  },
  ProviderStartError: notUp,
  StartTimeoutError: notUp,
  ProviderDiedError: notUp,
  ProviderUnavailableError: notUp,
  ProviderStoppedError: {
    say: 'Somebody stopped it, and a call does not start it again. Start it on its page.',
    ways: ['provider'],
  },
  ProviderDisabledError: {
    say: 'It failed so often that it waits for a person. See why, then start it.',
    ways: ['starts', 'logs', 'provider'],
  },
  ProviderStartingError: { say: 'It is about to be up. Call again in a moment.', ways: ['starts'] },
  ProviderBusyError: {
    say: 'All its places are taken. Call again in a moment, or let it do more at a time.',
    ways: ['provider'],
  },
  CircuitOpenError: notWell,
  ProviderUnhealthyError: notWell,
  GroupUnavailableError: {
    say: 'No member of the group can take a call. The group tells the state of each.',
    ways: ['group'],
  },
  ToolTimeoutError: slow,
  TimeoutError: slow,
  ToolNotFoundError: {
    say: 'The provider does not have it any more, or under another name. Its tools tell what it has.',
    ways: ['tools'],
  },
  AuthorizationRequiredError: signIn,
  AuthorizationError: signIn,
  ProviderAuthenticationError: signIn,
  TokenRefreshError: signIn,
  RateLimitExceededError: { say: 'Too many calls in a short time. Wait a moment.', ways: [] },
  ValidationError: { say: 'The call itself is not right: see the arguments above.', ways: [] },
  AnswerTooLargeError: {
    say: 'The answer is larger than Hangar carries. Ask the tool for less.',
    ways: ['logs'],
  },
  BadAnswerError: {
    say: 'The provider answered with something that is no answer in MCP. Nobody but its makers can mend that.',
    ways: ['logs'],
  },
  CallNotRecordedError: {
    say: 'It was called, but nobody may have an answer that is not on record. Look what it did before you call again.',
    ways: ['logs'],
  },
  UpstreamError: {
    say: 'The provider answered with an error of its protocol instead of a result. Most often its words name an argument.',
    ways: ['logs', 'tools'],
  },
  ShuttingDownError: { say: 'Hangar is about to end. Call again when it is back.', ways: [] },
  NetworkError: {
    say: 'The connection to Hangar ended. The tool may have done its work all the same.',
    ways: [],
  },
};

/** A name that is not known here goes by who failed: a status from 500 on is not the caller's fault. */
export function adviceOn({ type, status }: ApiError): Advice {
  const known = Object.hasOwn(byType, type) ? byType[type] : undefined;
  if (known) return known;
  if (type === 'JSON-RPC -32602') {
    return {
      say: 'The provider does not take these arguments; its words say which.',
      ways: ['tools'],
    };
  }
  return type.startsWith('JSON-RPC') || status >= 500
    ? { say: 'What the provider wrote meanwhile stands in its logs.', ways: ['logs', 'starts'] }
    : { say: 'Its name and the request’s id find it in the log of Hangar.', ways: [] };
}

/** A tool that says itself that it failed; null: it did not. */
export const adviceOnResult = ({ isError }: CallResult): Advice | null =>
  isError === true
    ? {
        say: 'The call came through; the tool itself says that it failed, and its text says why. What its provider wrote meanwhile stands in its logs.',
        ways: ['logs'],
      }
    : null;

/** Which provider it is about: a group's call has it in the error or on record; null: it never came to one. */
export function providerOf(
  target: Target,
  error: ApiError | null,
  onRecord: string | undefined,
): string | null {
  if (target.kind === 'provider') return target.id;
  const told = error?.details.provider_id;
  return typeof told === 'string' ? told : (onRecord ?? null);
}
