import type { Phrases } from './words.ts';

const notBooked = (theClass: string, reason: string, advice: string) =>
  `No s’ha pogut reservar ${theClass}: ${reason}. ${advice}`;

const blocked = (theClass: string, reason: string) => `La teva rutina no pot reservar ${theClass}: ${reason}.`;

// In these texts, `c` is the class in words: `theClass`, or in a subject `classInSubject`.
export const ca: Phrases = {
  locale: 'ca-ES',
  unnamedClass: 'la classe',
  forRelative: (name) => `${name} per a un familiar`,
  theClass: ({ name, box, day, time }) => `${name} (${box}) de ${day}, a les ${time}`,
  classInSubject: ({ name, day, time }) => `${name}, ${day}, ${time}`,
  moment: (day, time) => `${day}, a les ${time}`,
  subjects: {
    booked: (c) => `Plaça reservada: ${c}`,
    waitlisted: (c) => `En llista d’espera: ${c}`,
    promoted: (c) => `Ja tens plaça: ${c}`,
    failed: (c) => `Sense plaça: ${c}`,
    uncertain: (c) => `No sabem si tens plaça: ${c}`,
    'login-needed': (c) => `Inicia sessió perquè puguem reservar: ${c}`,
    'routine-blocked': (c) => `La teva rutina no pot reservar: ${c}`,
    'routine-cleared': (c) => `La teva rutina torna a reservar: ${c}`,
    'wake-up-late': (c) => `La reserva va començar tard: ${c}`,
    'wake-up-lost': (c) => `La reserva no va començar per si sola: ${c}`,
  },
  outcomes: {
    booked: (c) => `Tens plaça a ${c}.`,
    'already-booked': (c) => `Ja tenies plaça a ${c}.`,
    waitlisted: (c) => `Ets a la llista d’espera de ${c}.`,
    'class-full': (c) =>
      notBooked(
        c,
        'la classe és plena',
        'Busca plaça en una altra classe, o apunta’t a la llista d’espera si n’hi ha.',
      ),
    'class-not-found': (c) =>
      notBooked(c, 'la classe ja no és a l’horari del box', 'Mira l’horari i demana la classe que vulguis.'),
    'class-cancelled': (c) => notBooked(c, 'el box ha cancel·lat la classe', 'Tria una altra classe si et ve de gust.'),
    'no-credit': (c) =>
      notBooked(
        c,
        'no et queden crèdits, o la teva tarifa no inclou aquesta classe',
        'Parla amb el teu box i reserva-la tu si encara queda plaça.',
      ),
    unpaid: (c) =>
      notBooked(
        c,
        'tens un rebut pendent de pagament',
        'Paga’l o parla amb el teu box, i reserva tu la classe si encara queda plaça.',
      ),
    'booking-limit': (c) =>
      notBooked(
        c,
        'has arribat al límit de reserves de la teva tarifa',
        'Cancel·la una altra reserva i reserva-la tu si encara queda plaça.',
      ),
    'too-early': (c) =>
      notBooked(
        c,
        'el box no va obrir les reserves a l’hora prevista',
        'Mira si ja és oberta, i en demanar la pròxima indica quan s’obre.',
      ),
    'too-late': (c) =>
      notBooked(c, 'les reserves de la classe ja estaven tancades', 'Demana la pròxima amb més antelació.'),
    'login-required': (c) =>
      notBooked(
        c,
        'AimHarder havia tancat la nostra sessió',
        'Torna a iniciar sessió a On the Dot i reserva tu la classe si encara queda plaça.',
      ),
    missed: (c) =>
      notBooked(
        c,
        'el nostre servei no estava a punt quan es van obrir les reserves',
        'Ha estat culpa nostra. Reserva-la tu si encara queda plaça.',
      ),
    'upstream-rejected': (c) => notBooked(c, 'AimHarder va respondre amb un error', 'Mira si encara queda plaça.'),
    'upstream-unreachable': (c) => notBooked(c, 'no vam poder connectar amb AimHarder', 'Mira si encara queda plaça.'),
    'upstream-timeout': (c) =>
      `No sabem si tens plaça a ${c}. AimHarder no va respondre a temps, i no hem trobat la teva reserva al seu horari. Comprova-ho a la seva aplicació.`,
    unknown: (c) =>
      `No sabem si tens plaça a ${c}. La resposta d’AimHarder no ho va deixar clar, i no ho hem pogut esbrinar. Comprova-ho a la seva aplicació.`,
  },
  promoted: (c) =>
    `Ja tens plaça a ${c}: eres a la llista d’espera i se n’ha alliberat una. Si ja no hi pots anar, cancel·la la reserva per no perdre el crèdit.`,
  seatWillBeTold: 'T’avisarem si aconsegueixes plaça.',
  quote: (text) => `AimHarder diu: «${text}»`,
  loginNeeded: (next) =>
    next
      ? `No podem reservar ${next.theClass}, perquè ja no tenim cap sessió oberta a AimHarder. Les reserves s’obren ${next.opens}. Inicia sessió a On the Dot abans d’aquesta hora.`
      : 'Ja no tenim cap sessió oberta a AimHarder. Ara no tens cap reserva pendent, però no podrem reservar res fins que tornis a iniciar sessió a On the Dot.',
  loginNeededSubject: 'Torna a iniciar sessió a On the Dot',
  wakeUpLate: (c, seconds) =>
    `La reserva de ${c} va començar ${seconds} s més tard del previst i va tenir menys temps per preparar-se. En un altre missatge t’expliquem el resultat.`,
  wakeUpLost: (c) =>
    `El senyal que havia de posar en marxa la reserva de ${c} es va perdre. Ens n’hem adonat i l’hem posada en marxa. En un altre missatge t’explicarem el resultat.`,
  routineBlocked: {
    'class-not-found': (c) => blocked(c, 'no surt a l’horari del box. Revisa el nom i l’hora de la rutina'),
    'class-ambiguous': (c) => blocked(c, 'a l’horari hi ha més d’una classe així. Reserva tu la que vulguis'),
    'class-cancelled': (c) => blocked(c, 'el box l’ha cancel·lada. La rutina continua amb la pròxima data'),
    'class-moved': (c) =>
      blocked(
        c,
        'el box ha canviat la classe d’hora. Si la vols a la seva nova hora, canvia la rutina de la seva hora anterior',
      ),
    'opening-unknown': (c) => blocked(c, 'no sabem quan s’obren les reserves. Indica-ho a la rutina'),
    'prebooking-limit': (c) => blocked(c, 'tens massa reserves pendents. Cancel·la’n alguna'),
    'box-not-found': (c) => blocked(c, 'ja no ets membre del box. Torna a iniciar sessió o esborra la rutina'),
  },
  routineSuggestions: (names) => `L’horari d’aquell dia té: ${names}. Canvia la rutina si en volies una d’aquestes.`,
  routineCleared: (c) => `La teva rutina torna a reservar. Ja res no impedeix reservar ${c}.`,
  notInvited: {
    subject: 'Ja no pots fer servir On the Dot',
    text: 'Qui gestiona aquest On the Dot ja no convida la teva adreça de correu. Les teves sessions, rutines i reserves pendents aquí s’han acabat, i hem esborrat la teva contrasenya. El que està reservat a AimHarder continua reservat: cancel·la-ho a la seva aplicació si ja no ho vols.',
  },
  channelNames: { webhook: 'webhook', email: 'correu', ntfy: 'ntfy', telegram: 'Telegram', push: 'push' },
  channelDisabled: {
    subject: (channel) => `El teu ${channel} s’ha desactivat`,
    text: (where) =>
      `Ja no enviem missatges a ${where}, perquè feia una setmana que no n’acceptava o els ha rebutjat definitivament. La configuració d’On the Dot en mostra el motiu. Per activar-lo, configura’l allà un altre cop.`,
  },
  test: {
    subject: 'Això és una prova',
    text: 'Els missatges d’On the Dot t’arriben aquí.',
  },
};
