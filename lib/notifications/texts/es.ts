import type { Phrases } from './words.ts';

const notBooked = (theClass: string, reason: string, advice: string) =>
  `No se ha podido reservar ${theClass}: ${reason}. ${advice}`;

const blocked = (theClass: string, reason: string) => `Tu rutina no puede reservar ${theClass}: ${reason}.`;

// In these texts, `c` is the class in words: `theClass`, or in a subject `classInSubject`.
export const es: Phrases = {
  locale: 'es-ES',
  unnamedClass: 'la clase',
  forRelative: (name) => `${name} para un familiar`,
  theClass: ({ name, box, day, time }) => `${name} (${box}) del ${day}, a las ${time}`,
  classInSubject: ({ name, day, time }) => `${name}, ${day}, ${time}`,
  moment: (day, time) => `el ${day}, a las ${time}`,
  subjects: {
    booked: (c) => `Plaza reservada: ${c}`,
    waitlisted: (c) => `En lista de espera: ${c}`,
    promoted: (c) => `Ya tienes plaza: ${c}`,
    failed: (c) => `Sin plaza: ${c}`,
    uncertain: (c) => `No sabemos si tienes plaza: ${c}`,
    'login-needed': (c) => `Inicia sesión para que podamos reservar: ${c}`,
    'routine-blocked': (c) => `Tu rutina no puede reservar: ${c}`,
    'routine-cleared': (c) => `Tu rutina vuelve a reservar: ${c}`,
    'wake-up-late': (c) => `La reserva empezó tarde: ${c}`,
    'wake-up-lost': (c) => `La reserva no empezó por sí sola: ${c}`,
  },
  outcomes: {
    booked: (c) => `Tienes plaza en ${c}.`,
    'already-booked': (c) => `Ya tenías plaza en ${c}.`,
    waitlisted: (c) => `Estás en la lista de espera de ${c}.`,
    'class-full': (c) =>
      notBooked(c, 'la clase está completa', 'Busca plaza en otra clase, o apúntate a la lista de espera si la hay.'),
    'class-not-found': (c) =>
      notBooked(c, 'la clase ya no está en el horario del box', 'Mira el horario y pide la clase que quieras.'),
    'class-cancelled': (c) => notBooked(c, 'el box ha cancelado la clase', 'Elige otra clase si te apetece.'),
    'no-credit': (c) =>
      notBooked(
        c,
        'no te quedan créditos, o tu tarifa no incluye esta clase',
        'Habla con tu box y resérvala tú si aún queda plaza.',
      ),
    unpaid: (c) =>
      notBooked(
        c,
        'tienes un recibo pendiente de pago',
        'Págalo o habla con tu box, y reserva tú la clase si aún queda plaza.',
      ),
    'booking-limit': (c) =>
      notBooked(
        c,
        'has llegado al límite de reservas de tu tarifa',
        'Cancela otra reserva y resérvala tú si aún queda plaza.',
      ),
    'too-early': (c) =>
      notBooked(
        c,
        'el box no abrió las reservas a la hora prevista',
        'Mira si ya está abierta, y al pedir la próxima indica cuándo se abre.',
      ),
    'too-late': (c) =>
      notBooked(c, 'las reservas de la clase ya estaban cerradas', 'Pide la próxima con más antelación.'),
    'login-required': (c) =>
      notBooked(
        c,
        'AimHarder había cerrado nuestra sesión',
        'Vuelve a iniciar sesión en On the Dot y reserva tú la clase si aún queda plaza.',
      ),
    missed: (c) =>
      notBooked(
        c,
        'nuestro servicio no estaba listo cuando se abrieron las reservas',
        'Ha sido culpa nuestra. Resérvala tú si aún queda plaza.',
      ),
    'upstream-rejected': (c) => notBooked(c, 'AimHarder respondió con un error', 'Mira si aún queda plaza.'),
    'upstream-unreachable': (c) => notBooked(c, 'no pudimos conectar con AimHarder', 'Mira si aún queda plaza.'),
    'upstream-timeout': (c) =>
      `No sabemos si tienes plaza en ${c}. AimHarder no respondió a tiempo, y no hemos encontrado tu reserva en su horario. Compruébalo en su aplicación.`,
    unknown: (c) =>
      `No sabemos si tienes plaza en ${c}. La respuesta de AimHarder no lo dejó claro, y no hemos podido averiguarlo. Compruébalo en su aplicación.`,
  },
  promoted: (c) =>
    `Ya tienes plaza en ${c}: estabas en la lista de espera y se ha liberado una. Si ya no puedes ir, cancela la reserva para no perder el crédito.`,
  seatWillBeTold: 'Te avisaremos si consigues plaza.',
  quote: (text) => `AimHarder dice: «${text}»`,
  loginNeeded: (next) =>
    next
      ? `No podemos reservar ${next.theClass}, porque ya no tenemos una sesión abierta en AimHarder. Las reservas se abren ${next.opens}. Inicia sesión en On the Dot antes de esa hora.`
      : 'Ya no tenemos una sesión abierta en AimHarder. Ahora no tienes ninguna reserva pendiente, pero no podremos reservar nada hasta que vuelvas a iniciar sesión en On the Dot.',
  loginNeededSubject: 'Vuelve a iniciar sesión en On the Dot',
  wakeUpLate: (c, seconds) =>
    `La reserva de ${c} empezó ${seconds} s más tarde de lo previsto y tuvo menos tiempo para prepararse. En otro mensaje te contamos el resultado.`,
  wakeUpLost: (c) =>
    `La señal que debía poner en marcha la reserva de ${c} se perdió. Nos dimos cuenta y la pusimos en marcha. En otro mensaje te contaremos el resultado.`,
  routineBlocked: {
    'class-not-found': (c) => blocked(c, 'no aparece en el horario del box. Revisa el nombre y la hora de la rutina'),
    'class-ambiguous': (c) => blocked(c, 'en el horario hay más de una clase así. Reserva tú la que quieras'),
    'class-cancelled': (c) => blocked(c, 'el box la ha cancelado. La rutina sigue con la próxima fecha'),
    'class-moved': (c) =>
      blocked(
        c,
        'el box ha cambiado la clase de hora. Si la quieres a su nueva hora, cambia la rutina de su hora anterior',
      ),
    'opening-unknown': (c) => blocked(c, 'no sabemos cuándo se abren sus reservas. Indícalo en la rutina'),
    'prebooking-limit': (c) => blocked(c, 'tienes demasiadas reservas pendientes. Cancela alguna'),
    'box-not-found': (c) => blocked(c, 'ya no eres miembro del box. Vuelve a iniciar sesión o borra la rutina'),
  },
  routineSuggestions: (names) => `El horario de ese día tiene: ${names}. Cambia la rutina si querías una de estas.`,
  routineCleared: (c) => `Tu rutina vuelve a reservar. Ya nada impide reservar ${c}.`,
  notInvited: {
    subject: 'Ya no puedes usar On the Dot',
    text: 'Quien gestiona este On the Dot ya no invita a tu dirección de correo. Tus sesiones, tus rutinas y tus reservas pendientes aquí han terminado, y hemos borrado tu contraseña. Lo que está reservado en AimHarder sigue reservado: cancélalo en su aplicación si ya no lo quieres.',
  },
  channelNames: { webhook: 'webhook', email: 'correo', ntfy: 'ntfy', telegram: 'Telegram', push: 'push' },
  channelDisabled: {
    subject: (channel) => `Tu ${channel} se ha desactivado`,
    text: (where) =>
      `Ya no enviamos mensajes a ${where}, porque llevaba una semana sin aceptarlos o los ha rechazado definitivamente. Los ajustes de On the Dot muestran el motivo. Para activarlo, configúralo allí otra vez.`,
  },
  test: {
    subject: 'Esto es una prueba',
    text: 'Los mensajes de On the Dot te llegan aquí.',
  },
};
