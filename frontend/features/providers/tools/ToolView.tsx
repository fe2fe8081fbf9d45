import type { EventFrame, Tool } from '../../../api/types';
import { Hints } from '../../../parts/calls/Hints';
import { ToolCall } from '../../../parts/calls/ToolCall';
import { SchemaSection } from '../../../parts/calls/SchemaSection';
import { ToolChanges } from './ToolChanges';
import classes from './Tools.module.css';
import { shown, shownName } from '../../../ui/shown';

type Props = { providerId: string; tool: Tool; changes: readonly EventFrame[] };

export function ToolView({ providerId, tool, changes }: Props) {
  return (
    <div className={classes.view}>
      <header>
        <h2 className={classes.title}>
          {shownName(tool.name)}
          {tool.title && tool.title !== tool.name ? (
            <span className={classes.subtitle}>{shown(tool.title)}</span>
          ) : null}
        </h2>
        <p className={classes.description}>{shown(tool.description)}</p>
        <Hints annotations={tool.annotations} />
      </header>
      {changes.length > 0 ? <ToolChanges tool={tool.name} changes={changes} /> : null}
      <ToolCall target={{ kind: 'provider', id: providerId }} tool={tool} />
      <SchemaSection title="Parameters" label="parameter schema" schema={tool.parameters} />
      {tool.outputSchema === undefined ? null : (
        <SchemaSection title="Result" label="result schema" schema={tool.outputSchema} />
      )}
    </div>
  );
}
