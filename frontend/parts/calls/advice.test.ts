import { describe, expect, it } from 'vitest';
import { ApiError } from '../../api/errors';
import { adviceOn, adviceOnResult, providerOf } from './advice';

const failed = (type: string, status: number, details = {}) =>
  new ApiError({ type, status, message: 'no', details });

describe('what to do about a call that failed', () => {
  it.each([
    ['ProviderStartError', 503, ['logs', 'starts']],
    ['ToolAccessDeniedError', 403, ['policies']],
    ['CircuitOpenError', 503, ['health', 'logs']],
    ['GroupUnavailableError', 503, ['group']],
    ['JSON-RPC -32602', 200, ['tools']],
    ['JSON-RPC -32000', 200, ['logs', 'starts']],
    ['SomethingNewError', 502, ['logs', 'starts']],
    ['SomethingNewError', 404, []],
    ['constructor', 404, []],
  ])('leads from %s (%i) to %j', (type, status, ways) => {
    expect(adviceOn(failed(type, status)).ways).toEqual(ways);
  });

  it('tells a tool that failed by its own word from one that did not', () => {
    expect(adviceOnResult({ isError: true, duration_ms: 1 })?.ways).toEqual(['logs']);
    expect(adviceOnResult({ duration_ms: 1 })).toBeNull();
  });

  it('finds the member of a group that it is about', () => {
    const pool = { kind: 'group', id: 'pool' } as const;
    const died = failed('ProviderDiedError', 502, { provider_id: 'calc-2' });
    expect(providerOf(pool, died, undefined)).toBe('calc-2');
    expect(providerOf(pool, null, 'calc-1')).toBe('calc-1');
    expect(providerOf(pool, null, undefined)).toBeNull();
    expect(providerOf({ kind: 'provider', id: 'math' }, died, undefined)).toBe('math');
  });
});
