import { unitProperties } from '../systemd/unit-properties.ts';

const ofUnit = [
  ...['Id', 'Description', 'LoadState', 'FragmentPath', 'DropInPaths', 'UnitFileState'],
  ...['ActiveState', 'SubState', 'StateChangeTimestamp'],
];
const ofKind = [
  ...['Result', 'MainPID', 'ExecMainPID', 'ExecMainCode', 'ExecMainStatus', 'NRestarts'],
  ...['TasksCurrent', 'MemoryCurrent', 'ControlGroup'],
];

/** The status of a unit, much as `systemctl status` shows it; empty for one that does not exist. */
export async function briefStatus(unit: string): Promise<string> {
  const values = await unitProperties(unit, { ofUnit, ofKind });
  if (values.get('LoadState') === 'not-found') return '';
  return statusText((name) => values.get(name) ?? '');
}

/** systemd's word for a number that it does not have. */
const none = ['', '0', '18446744073709551615'];

/** The text, from what systemd says of each property. */
export function statusText(tell: (property: string) => string): string {
  const known = (property: string) => (none.includes(tell(property)) ? undefined : tell(property));
  const loaded = ['FragmentPath', 'UnitFileState'].map(tell).filter(Boolean).join('; ');
  const since = known('StateChangeTimestamp');
  const result = ['', 'success'].includes(tell('Result')) ? '' : ` (Result: ${tell('Result')})`;
  const lines = {
    Loaded: `${tell('LoadState')}${loaded === '' ? '' : ` (${loaded})`}`,
    'Drop-In': known('DropInPaths'),
    Active: `${tell('ActiveState')} (${tell('SubState')})${result}${since ? ` since ${timeOf(since)}` : ''}`,
    'Main PID': known('MainPID') ?? endedMain(tell),
    Restarts: known('NRestarts'),
    Tasks: known('TasksCurrent'),
    Memory: known('MemoryCurrent'),
    CGroup: known('ControlGroup'),
  };
  const told = Object.entries(lines).filter(([, value]) => value !== undefined);
  return [
    `${signs[tell('ActiveState')] ?? '●'} ${tell('Id')} - ${tell('Description')}\n`,
    ...told.map(([name, value]) => `${name.padStart(11)}: ${value}\n`),
  ].join('');
}

const signs: Readonly<Record<string, string>> = { inactive: '○', failed: '×' };

/** siginfo's si_code, as systemd writes it. */
const codes: Readonly<Record<string, string>> = { 1: 'exited', 2: 'killed', 3: 'dumped' };

function endedMain(tell: (property: string) => string): string | undefined {
  const code = codes[tell('ExecMainCode')];
  if (code === undefined) return undefined;
  return `${tell('ExecMainPID')} (code=${code}, status=${tell('ExecMainStatus')})`;
}

/** systemd counts µs since the epoch; its own program has a text for it. */
function timeOf(stamp: string): string {
  return /^\d+$/.test(stamp) ? new Date(Number(stamp) / 1000).toISOString() : stamp;
}
