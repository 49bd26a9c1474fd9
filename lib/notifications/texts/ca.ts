import type { Phrases } from './words.ts';

const none = (theClass: string, reason: string) => `No s’ha pogut reservar ${theClass}: ${reason}.`;

export const ca: Phrases = {
  locale: 'ca-ES',
  nameless: 'la classe',
  theClass: ({ name, box, day, time }) => `${name} (${box}) de ${day}, a les ${time}`,
  shortly: ({ name, day, time }) => `${name}, ${day}, ${time}`,
  instant: (day, time) => `${day}, a les ${time}`,
  subjects: {
    booked: (c) => `Plaça reservada: ${c}`,
    waitlisted: (c) => `En llista d’espera: ${c}`,
    failed: (c) => `Sense plaça: ${c}`,
    'login-needed': (c) => `Inicia sessió per poder reservar: ${c}`,
    'wake-up-late': (c) => `La reserva va arrencar tard: ${c}`,
    'wake-up-lost': (c) => `La reserva no va arrencar sola: ${c}`,
  },
  outcomes: {
    booked: (c) => `Tens plaça a ${c}.`,
    'already-booked': (c) => `Ja tenies plaça a ${c}.`,
    waitlisted: (c) => `Ets a la llista d’espera de ${c}.`,
    'class-full': (c) => none(c, 'la classe s’ha omplert'),
    'class-not-found': (c) => none(c, 'la classe ja no és a l’horari del box'),
    'no-credit': (c) => none(c, 'no et queden crèdits'),
    unpaid: (c) => none(c, 'tens un rebut pendent de pagament'),
    'booking-limit': (c) => none(c, 'has arribat al límit de reserves de la teva tarifa'),
    'too-early': (c) => none(c, 'el box no va obrir les reserves a l’hora prevista'),
    'too-late': (c) => none(c, 'les reserves de la classe ja estaven tancades'),
    'login-required': (c) => none(c, 'AimHarder havia tancat la sessió; torna a iniciar sessió a On the Dot'),
    missed: (c) => none(c, 'no vam arribar a temps a la seva obertura; ha estat culpa nostra'),
    'upstream-rejected': (c) => none(c, 'AimHarder va respondre amb un error'),
    'upstream-unreachable': (c) => none(c, 'no es va poder connectar amb AimHarder'),
    'upstream-timeout': (c) =>
      `No sabem si tens plaça a ${c}: AimHarder no va respondre a temps, i al seu horari no hi surt. Comprova-ho.`,
    unknown: (c) =>
      `No sabem si tens plaça a ${c}: AimHarder va donar una resposta que no coneixem. Comprova-ho a la seva aplicació.`,
  },
  quoted: (words) => `AimHarder diu: «${words}»`,
  loginNeeded: (next) =>
    next
      ? `No hi ha cap sessió d’AimHarder oberta amb què reservar. Inicia sessió a On the Dot abans que s’obrin les reserves de ${next.theClass}, ${next.opens}: sense ella no es podrà reservar.`
      : 'AimHarder ha tancat la sessió amb què reservem. Ara no tens cap reserva pendent; inicia sessió a On the Dot abans de la pròxima.',
  loginNeededSubject: 'Torna a iniciar sessió a On the Dot',
  wakeUpLate: (c, seconds) =>
    `La reserva de ${c} va arrencar ${seconds} s més tard del que tocava i va tenir menys temps per preparar-se. En un altre missatge t’expliquem com va acabar.`,
  wakeUpLost: (c) =>
    `Allò que havia de posar en marxa la reserva de ${c} es va perdre. Ens n’hem adonat i l’hem posada en marxa; t’explicarem com acaba.`,
  webhookDisabled: {
    subject: 'El teu webhook s’ha desactivat',
    text: (host) =>
      `El teu webhook a ${host} no accepta missatges, o ha demanat no rebre’n, i s’ha desactivat. Configura’l un altre cop a On the Dot per activar-lo.`,
  },
};
