import { useState } from 'preact/hooks';
import { seen } from '../state/data.ts';
import { addPerson, choosePerson, isNamed, type Person, people, removePerson } from '../state/people.ts';
import { t } from '../texts/language.ts';
import { Button, Muted, Section } from './parts.tsx';

/** Chooses the person to book for; shows nothing if there is only the member. */
export function ForWhom() {
  if (people.value.length === 0) return null;
  const choices = [{ familyId: null, name: t().me }, ...people.value];
  return (
    <fieldset class="row for-whom" aria-label={t().forWhom}>
      {choices.map(({ familyId, name }) => (
        <button
          key={familyId ?? ''}
          type="button"
          class="pill"
          aria-pressed={seen.value.familyId === familyId}
          onClick={() => choosePerson(familyId)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

/** The member's relatives. AimHarder does not list them, so the member names them here. */
export function Family() {
  return (
    <Section title={t().family}>
      <Muted>{t().familyNote}</Muted>
      {people.value.length > 0 && (
        <ul class="cards below">
          {people.value.map((person) => (
            <PersonCard key={person.familyId} person={person} />
          ))}
        </ul>
      )}
      <PersonForm />
    </Section>
  );
}

const PersonCard = ({ person }: { readonly person: Person }) => (
  <li class="card line">
    <div class="what">
      <h3 class="name">{person.name}</h3>
      <p class="sub">{person.familyId}</p>
    </div>
    {isNamed(person) && (
      <Button label={t().removePerson(person.name)} onClick={() => removePerson(person)}>
        {t().remove}
      </Button>
    )}
  </li>
);

function PersonForm() {
  const [name, setName] = useState('');
  const [familyId, setFamilyId] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    addPerson({ name: name.trim(), familyId });
    setName('');
    setFamilyId('');
  };
  return (
    <form class="row below two" onSubmit={submit}>
      <label>
        {t().personName}
        <input required maxLength={40} value={name} onInput={({ currentTarget }) => setName(currentTarget.value)} />
      </label>
      <label>
        {t().personId}
        <input
          required
          inputMode="numeric"
          pattern="[0-9]{1,18}"
          value={familyId}
          onInput={({ currentTarget }) => setFamilyId(currentTarget.value)}
        />
      </label>
      <Button submit>{t().addPerson}</Button>
    </form>
  );
}
