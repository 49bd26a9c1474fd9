import ICAL from 'ical.js';

export type ParsedEvent = {
  readonly uid: string;
  readonly sequence: number;
  readonly status: string;
  readonly summary: string;
  readonly description: string | null;
  readonly location: string;
  readonly url: string | null;
  readonly start: string;
  readonly end: string;
  readonly transparency: string;
  readonly stamp: string;
  readonly lastModified: string;
  readonly alarms: readonly { readonly action: string; readonly trigger: string; readonly description: string }[];
};

/** Parses iCalendar with another library than the service's. @throws Error if it is malformed. */
export function parseCalendar(text: string): readonly ParsedEvent[] {
  const calendar = new ICAL.Component(ICAL.parse(text));
  if (calendar.name !== 'vcalendar' || calendar.getFirstPropertyValue('version') !== '2.0')
    throw new Error('no calendar');
  return calendar.getAllSubcomponents('vevent').map((event) => {
    const value = (name: string) => event.getFirstPropertyValue(name);
    const instant = (name: string) => {
      const time = value(name);
      if (!(time instanceof ICAL.Time) || time.zone.tzid !== 'UTC') throw new Error(`${name} is no instant in UTC`);
      return time.toJSDate().toISOString();
    };
    return {
      uid: String(value('uid')),
      sequence: Number(value('sequence')),
      status: String(value('status')),
      summary: String(value('summary')),
      description: value('description') === null ? null : String(value('description')),
      location: String(value('location')),
      url: value('url') === null ? null : String(value('url')),
      start: instant('dtstart'),
      end: instant('dtend'),
      transparency: String(value('transp')),
      stamp: instant('dtstamp'),
      lastModified: instant('last-modified'),
      alarms: event.getAllSubcomponents('valarm').map((alarm) => ({
        action: String(alarm.getFirstPropertyValue('action')),
        trigger: String(alarm.getFirstPropertyValue('trigger')),
        description: String(alarm.getFirstPropertyValue('description')),
      })),
    };
  });
}

/** Simulates a calendar application: an event replaces the one with the same UID, unless its sequence is lower. */
export function calendarApplication() {
  const events = new Map<string, ParsedEvent>();
  return {
    import(text: string) {
      for (const event of parseCalendar(text)) {
        const known = events.get(event.uid);
        if (!known || event.sequence >= known.sequence) events.set(event.uid, event);
      }
    },
    shown: () => [...events.values()].filter(({ status }) => status !== 'CANCELLED'),
    size: () => events.size,
  };
}
