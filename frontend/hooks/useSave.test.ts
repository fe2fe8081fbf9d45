import { act, renderHook } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { errorFrom } from '../api/errors';
import { fieldsAre, place, useSave } from './useSave';

const fieldOf = fieldsAre('name', 'permissions');
const invalid = (...errors: { field: string; message: string }[]) =>
  errorFrom(422, { error: 'ValidationError', message: 'no', details: { errors } });

describe('what the server said of a form', () => {
  it.each([
    [
      'stands at its field',
      invalid({ field: 'body.name', message: 'bad' }),
      { name: 'bad' },
      false,
    ],
    [
      'stands at the list that it is about one of, the first of several',
      invalid(
        { field: 'body.permissions[2]', message: 'unknown' },
        { field: 'body.permissions[3]', message: 'another' },
      ),
      { permissions: 'unknown' },
      false,
    ],
    ['is of no field', invalid({ field: 'body.names', message: 'bad' }), {}, true],
    ['says that the name is taken', errorFrom(409, { message: 'taken' }), { name: 'taken' }, false],
    ['is a failure of the server', errorFrom(503, { message: 'down' }), {}, true],
  ])('%s', (_, error, placed, rest) => {
    expect(place(error, { fieldOf, conflict: 'name' })).toEqual({ placed, rest });
  });
});

describe('useSave', () => {
  it('sends nothing while the form itself finds something wrong', async () => {
    const { result } = renderHook(() => useSave({ fieldOf }));
    let sent = 0;
    const send = () => {
      sent += 1;
      return Promise.reject(errorFrom(503, { message: 'down' }));
    };
    await act(() => result.current.save({ name: 'needed' }, send));
    expect(result.current).toMatchObject({ hints: { name: 'needed' }, failure: null });
    expect(sent).toBe(0);
    await act(() => result.current.save({}, send));
    expect(result.current).toMatchObject({
      hints: {},
      failure: { message: 'down' },
      saving: false,
    });
    expect(sent).toBe(1);
  });
});
