import type { Phrases } from './words.ts';

const none = (theClass: string, reason: string) => `No se ha podido reservar ${theClass}: ${reason}.`;

export const es: Phrases = {
  locale: 'es-ES',
  nameless: 'la clase',
  theClass: ({ name, box, day, time }) => `${name} (${box}) del ${day}, a las ${time}`,
  shortly: ({ name, day, time }) => `${name}, ${day}, ${time}`,
  instant: (day, time) => `el ${day}, a las ${time}`,
  subjects: {
    booked: (c) => `Plaza reservada: ${c}`,
    waitlisted: (c) => `En lista de espera: ${c}`,
    failed: (c) => `Sin plaza: ${c}`,
    'login-needed': (c) => `Inicia sesión para poder reservar: ${c}`,
    'wake-up-late': (c) => `La reserva arrancó tarde: ${c}`,
    'wake-up-lost': (c) => `La reserva no arrancó sola: ${c}`,
  },
  outcomes: {
    booked: (c) => `Tienes plaza en ${c}.`,
    'already-booked': (c) => `Ya tenías plaza en ${c}.`,
    waitlisted: (c) => `Estás en la lista de espera de ${c}.`,
    'class-full': (c) => none(c, 'la clase se ha llenado'),
    'class-not-found': (c) => none(c, 'la clase ya no está en el horario del box'),
    'no-credit': (c) => none(c, 'no te quedan créditos'),
    unpaid: (c) => none(c, 'tienes un recibo pendiente de pago'),
    'booking-limit': (c) => none(c, 'has llegado al límite de reservas de tu tarifa'),
    'too-early': (c) => none(c, 'el box no abrió las reservas a la hora prevista'),
    'too-late': (c) => none(c, 'las reservas de la clase ya estaban cerradas'),
    'login-required': (c) => none(c, 'AimHarder había cerrado la sesión; vuelve a iniciar sesión en On the Dot'),
    missed: (c) => none(c, 'no llegamos a tiempo a su apertura; ha sido un fallo nuestro'),
    'upstream-rejected': (c) => none(c, 'AimHarder respondió con un error'),
    'upstream-unreachable': (c) => none(c, 'no se pudo conectar con AimHarder'),
    'upstream-timeout': (c) =>
      `No sabemos si tienes plaza en ${c}: AimHarder no respondió a tiempo, y en su horario no aparece. Compruébalo.`,
    unknown: (c) =>
      `No sabemos si tienes plaza en ${c}: AimHarder dio una respuesta que no conocemos. Compruébalo en su aplicación.`,
  },
  quoted: (words) => `AimHarder dice: «${words}»`,
  loginNeeded: (next) =>
    next
      ? `No hay ninguna sesión de AimHarder abierta con la que reservar. Inicia sesión en On the Dot antes de que se abran las reservas de ${next.theClass}, ${next.opens}: sin ella no se podrá reservar.`
      : 'AimHarder ha cerrado la sesión con la que reservamos. Ahora no tienes ninguna reserva pendiente; inicia sesión en On the Dot antes de la próxima.',
  loginNeededSubject: 'Vuelve a iniciar sesión en On the Dot',
  wakeUpLate: (c, seconds) =>
    `La reserva de ${c} arrancó ${seconds} s más tarde de lo debido y tuvo menos tiempo para prepararse. En otro mensaje te contamos cómo acabó.`,
  wakeUpLost: (c) =>
    `Lo que debía poner en marcha la reserva de ${c} se perdió. Nos hemos dado cuenta y la hemos puesto en marcha; te contaremos cómo acaba.`,
  webhookDisabled: {
    subject: 'Tu webhook se ha desactivado',
    text: (host) =>
      `Tu webhook en ${host} no acepta mensajes, o ha pedido no recibirlos, y se ha desactivado. Configúralo otra vez en On the Dot para activarlo.`,
  },
};
