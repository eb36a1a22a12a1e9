// The controls of a form, each with its label, its hint and what is wrong with it.

import { useRef, useState } from "preact/hooks";
import { local, type Field } from "./fields";
import { words } from "./format";

export type Faults = Map<string, string>;

type Asked = { field: Field; value: string; name?: string; faults?: Faults };

export function Input({ field, value, name = field.name, faults }: Asked) {
  if (field.kind === "rows") return <Rows field={field} name={name} faults={faults} />;
  const id = `field-${name}`;
  const fault = faults?.get(name);
  const about = [field.hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  const shared = { id, name, required: field.required, "aria-describedby": about || undefined, "aria-invalid": fault ? true : undefined };
  return (
    <p class="field">
      <label for={id}>{field.label}</label>
      <Control field={field} value={value} shared={shared} />
      {field.hint && <span class="quiet" id={`${id}-hint`}>{field.hint}</span>}
      {fault && <span class="fault" id={`${id}-fault`}>{fault}</span>}
    </p>
  );
}

function Control({ field, value, shared }: { field: Field; value: string; shared: { id: string } & Record<string, unknown> }) {
  const control: object = shared;
  switch (field.kind) {
    case "select":
      return <select {...control}>{field.options!.map((option) => <option value={option} selected={option === value}>{words(option)}</option>)}</select>;
    case "json":
    case "area":
      return <textarea {...control} rows={field.kind === "json" ? 4 : 3} spellcheck={false}>{value}</textarea>;
    case "check":
      return <input {...control} type="checkbox" defaultChecked={value === "true"} />;
    case "number":
      return <input {...control} type="number" autocomplete="off" defaultValue={value} />;
    case "instant":
      return <input {...control} type="datetime-local" defaultValue={local(value)} />;
    default:
      if (field.masked) return <input {...control} type="password" autocomplete="off" />;
      if (!field.options) return <input {...control} type="text" autocomplete="off" defaultValue={value} />;
      return (
        <>
          <input {...control} type="text" autocomplete="off" list={`${shared.id}-options`} defaultValue={value} />
          <datalist id={`${shared.id}-options`}>{field.options.map((one) => <option value={one} />)}</datalist>
        </>
      );
  }
}

/** As many rows as somebody wants, each with the same fields. */
function Rows({ field, name, faults }: { field: Field; name: string; faults?: Faults }) {
  const next = useRef(1);
  const [keys, set] = useState([0]);
  const box = useRef<HTMLFieldSetElement>(null);
  const fault = faults?.get(name);
  const changed = () => box.current?.form?.dispatchEvent(new Event("input"));
  const add = () => {
    const key = next.current++;
    set([...keys, key]);
    // Whoever adds one writes into it next.
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[name^="${name}.${key}."]`)?.focus());
  };
  const remove = (key: number) => {
    set(keys.filter((one) => one !== key));
    requestAnimationFrame(changed);
  };
  return (
    <fieldset ref={box} class="rows" aria-describedby={fault && `field-${name}-fault`}>
      <legend>{field.label}</legend>
      {keys.map((key, index) => (
        <div key={key} class="row" role="group" aria-label={`${field.label} ${index + 1}`}>
          {field.rows!.map((one) => <Input field={one} value={one.value ?? ""} name={`${name}.${key}.${one.name}`} faults={faults} />)}
          {keys.length > 1 && <button type="button" class="small" aria-label={`Remove ${field.label.toLowerCase()} ${index + 1}`} onClick={() => remove(key)}>Remove</button>}
        </div>
      ))}
      {fault && <p class="fault" id={`field-${name}-fault`}>{fault}</p>}
      <button type="button" class="small" onClick={add}>One more</button>
      {field.hint && <span class="quiet"> {field.hint}</span>}
    </fieldset>
  );
}
