/** How each client is told about an MCP server by address; from the documentation of the clients. */

export type Client = {
  key: string;
  name: string;
  /** Where the user's own file is. */
  file: string;
  language: 'json' | 'toml' | 'yaml';
  /** What stands in the file; `key` is how a key is referred to there, or null when nobody has to sign in. */
  snippet: (url: string, withKey: boolean) => string;
  /** Does the same from a shell. */
  command?: (url: string, withKey: boolean) => string;
  note?: string;
};

/** The variable that holds the key, wherever a client can read one. */
export const keyVariable = 'HANGAR_KEY';

const json = (value: object) => JSON.stringify(value, null, 2);

const bearer = (reference: string) => ({ Authorization: `Bearer ${reference}` });

const plain = (reference: string, url: string, withKey: boolean, more: object = {}) =>
  json({
    mcpServers: {
      hangar: { ...more, url, ...(withKey ? { headers: bearer(reference) } : {}) },
    },
  });

export const clients: readonly Client[] = [
  {
    key: 'claude-code',
    name: 'Claude Code',
    file: '~/.claude.json, or .mcp.json of a project',
    language: 'json',
    snippet: (url, withKey) => plain(`\${${keyVariable}}`, url, withKey, { type: 'http' }),
    command: (url, withKey) =>
      `claude mcp add --transport http hangar ${url}${withKey ? ` --header "Authorization: Bearer $${keyVariable}"` : ''} -s user`,
  },
  {
    key: 'cursor',
    name: 'Cursor',
    file: '~/.cursor/mcp.json, or .cursor/mcp.json of a project',
    language: 'json',
    snippet: (url, withKey) => plain(`\${env:${keyVariable}}`, url, withKey),
  },
  {
    key: 'vscode',
    name: 'VS Code',
    file: 'mcp.json of the profile, or .vscode/mcp.json of a project',
    language: 'json',
    snippet: (url, withKey) =>
      json({
        ...(withKey
          ? {
              inputs: [
                { type: 'promptString', id: 'hangar-key', description: 'Key', password: true },
              ],
            }
          : {}),
        servers: {
          hangar: {
            type: 'http',
            url,
            ...(withKey ? { headers: bearer('${input:hangar-key}') } : {}),
          },
        },
      }),
    note: 'It asks for the key once and keeps it.',
  },
  {
    key: 'claude-desktop',
    name: 'Claude Desktop',
    file: 'claude_desktop_config.json',
    language: 'json',
    snippet: (url, withKey) =>
      json({
        mcpServers: {
          hangar: {
            command: 'npx',
            args: [
              '-y',
              'mcp-remote',
              url,
              ...(withKey ? ['--header', `Authorization:Bearer \${${keyVariable}}`] : []),
            ],
            ...(withKey ? { env: { [keyVariable]: 'mcp_…' } } : {}),
          },
        },
      }),
    note: 'Its file knows programs only, hence the bridge. Quit and start it anew afterwards.',
  },
  {
    key: 'gemini-cli',
    name: 'Gemini CLI',
    file: '~/.gemini/settings.json',
    language: 'json',
    snippet: (url, withKey) =>
      json({
        mcpServers: {
          hangar: { httpUrl: url, ...(withKey ? { headers: bearer('mcp_…') } : {}) },
        },
      }),
    note: 'It reads no variables in headers: the key stands in the file.',
  },
  {
    key: 'codex',
    name: 'Codex',
    file: '~/.codex/config.toml',
    language: 'toml',
    snippet: (url, withKey) =>
      `[mcp_servers.hangar]\nurl = "${url}"${withKey ? `\nbearer_token_env_var = "${keyVariable}"` : ''}\n`,
  },
  {
    key: 'zed',
    name: 'Zed',
    file: '~/.config/zed/settings.json',
    language: 'json',
    snippet: (url, withKey) =>
      json({
        context_servers: { hangar: { url, ...(withKey ? { headers: bearer('mcp_…') } : {}) } },
      }),
    note: 'It reads no variables: the key stands in the file.',
  },
  {
    key: 'opencode',
    name: 'OpenCode',
    file: '~/.config/opencode/opencode.json',
    language: 'json',
    snippet: (url, withKey) =>
      json({
        mcp: {
          hangar: {
            type: 'remote',
            url,
            enabled: true,
            ...(withKey ? { headers: bearer(`{env:${keyVariable}}`) } : {}),
          },
        },
      }),
  },
  {
    key: 'goose',
    name: 'Goose',
    file: '~/.config/goose/config.yaml',
    language: 'yaml',
    snippet: (url, withKey) =>
      [
        'extensions:',
        '  hangar:',
        '    type: streamable_http',
        '    name: hangar',
        '    enabled: true',
        `    uri: ${url}`,
        ...(withKey ? ['    headers:', '      Authorization: Bearer mcp_…'] : []),
        '    timeout: 300',
        '',
      ].join('\n'),
  },
  {
    key: 'cline',
    name: 'Cline',
    file: 'cline_mcp_settings.json',
    language: 'json',
    snippet: (url, withKey) => plain('mcp_…', url, withKey, { type: 'streamableHttp' }),
    note: 'Without the type it falls back to an older transport.',
  },
  {
    key: 'lm-studio',
    name: 'LM Studio',
    file: '~/.lmstudio/mcp.json',
    language: 'json',
    snippet: (url, withKey) => plain('mcp_…', url, withKey),
  },
];

/** Cursor and LM Studio can be told by a link. */
export function installLink(client: string, url: string): string | null {
  const config = btoa(JSON.stringify({ url }));
  if (client === 'cursor') {
    return `cursor://anysphere.cursor-deeplink/mcp/install?name=hangar&config=${encodeURIComponent(config)}`;
  }
  if (client === 'lm-studio') {
    return `lmstudio://add_mcp?name=hangar&config=${encodeURIComponent(config)}`;
  }
  if (client === 'vscode') {
    return `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name: 'hangar', type: 'http', url }))}`;
  }
  return null;
}
