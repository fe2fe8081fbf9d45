import { IconListDetails } from '@tabler/icons-react';
import { keys } from '../../api/keys';
import type { LogLevel } from '../../api/types';
import type { Action } from './action';

/** Until the next restart. */
export function changeLogLevel(before: LogLevel, to: LogLevel): Action {
  const change = (level: LogLevel): Action => ({
    id: 'log-level:system:',
    verb: 'Change log level',
    label: `Log ${level}`,
    icon: IconListDetails,
    needs: ['system:write:*'],
    subject: 'system:',
    tier: 1,
    requests: [{ method: 'PUT', path: 'api/system/log-level', body: { level } }],
    refresh: [keys.logLevel],
    done: `The log tells ${level} and worse`,
    failed: 'The level of the log could not be changed',
  });
  return { ...change(to), undo: change(before) };
}
