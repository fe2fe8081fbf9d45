/** The provider form: what is typed, what is sent, and what can be said about it before the server is asked. */
import type { NewProvider, ProviderDetail, ProviderMode, ProviderPatch } from '../../api/types';
import { splitCommand } from './command';

export type FormValues = {
  provider_id: string;
  mode: ProviderMode;
  command: string;
  image: string;
  endpoint: string;
  /** KEY=value per line */
  env: string;
  idle_ttl_s: string;
  health_check_interval_s: string;
  description: string;
  /** one per line */
  volumes: string;
  network: string;
  read_only: boolean;
};

export type FieldName = keyof FormValues;
export type Hints = Partial<Record<FieldName, string>>;

export const emptyForm: FormValues = {
  provider_id: '',
  mode: 'subprocess',
  command: '',
  image: '',
  endpoint: '',
  env: '',
  idle_ttl_s: '300',
  health_check_interval_s: '60',
  description: '',
  volumes: '',
  network: 'none',
  read_only: true,
};

export function formOf(detail: ProviderDetail): FormValues {
  const { configuration } = detail;
  return {
    ...emptyForm,
    provider_id: detail.provider_id,
    mode: detail.mode,
    description: configuration.description,
    env: Object.entries(configuration.env)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
    idle_ttl_s: String(configuration.idle_ttl_s),
    health_check_interval_s: String(configuration.health_check_interval_s),
  };
}

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

function parseEnv(text: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const line of lines(text)) {
    const at = line.indexOf('=');
    if (at > 0) env[line.slice(0, at)] = line.slice(at + 1);
  }
  return env;
}

export function newProvider(values: FormValues): NewProvider {
  const subprocess = values.mode === 'subprocess';
  const docker = values.mode === 'docker';
  return {
    provider_id: values.provider_id.trim(),
    mode: values.mode,
    env: parseEnv(values.env),
    idle_ttl_s: Number(values.idle_ttl_s),
    health_check_interval_s: Number(values.health_check_interval_s),
    description: values.description.trim(),
    network: docker ? values.network.trim() : 'none',
    read_only: docker ? values.read_only : true,
    pull: 'if_missing',
    ...(subprocess ? { command: splitCommand(values.command) } : {}),
    ...(docker ? { image: values.image.trim(), volumes: lines(values.volumes) } : {}),
    ...(values.mode === 'remote' ? { endpoint: values.endpoint.trim() } : {}),
  };
}

export function patchOf(values: FormValues): ProviderPatch {
  return {
    description: values.description.trim(),
    env: parseEnv(values.env),
    idle_ttl_s: Number(values.idle_ttl_s),
    health_check_interval_s: Number(values.health_check_interval_s),
  };
}

/** Mistakes that need no server to be found. The server's own rules stay the ones that count. */
export function check(values: FormValues, editing: boolean): Hints {
  const hints: Hints = {};
  if (!editing) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(values.provider_id.trim())) {
      hints.provider_id = 'Letters, digits, _ and -, at most 64';
    }
    if (values.mode === 'subprocess' && splitCommand(values.command).length === 0) {
      hints.command = 'The program to run, and its arguments';
    }
    if (values.mode === 'docker' && values.image.trim() === '') {
      hints.image = 'The image to run';
    }
    if (values.mode === 'remote' && !isHttp(values.endpoint.trim())) {
      hints.endpoint = 'A URL that begins with https:// or http://';
    }
  }
  const broken = lines(values.env).find((line) => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(line));
  if (broken !== undefined) hints.env = `Not KEY=value: ${broken}`;
  if (!within(values.idle_ttl_s, 1, 86_400)) hints.idle_ttl_s = 'Whole seconds, 1 to 86,400';
  if (!within(values.health_check_interval_s, 5, 3_600)) {
    hints.health_check_interval_s = 'Whole seconds, 5 to 3,600';
  }
  return hints;
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:/i.test(text);
}

function within(text: string, least: number, most: number): boolean {
  const value = Number(text);
  return text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most;
}

/** The form field that a server message belongs to: `command[0]` and `env.TOKEN` are told at their field. */
export function fieldOf(serverField: string): FieldName | null {
  const name = serverField.split(/[.[]/)[0] ?? '';
  return name in emptyForm ? (name as FieldName) : null;
}
