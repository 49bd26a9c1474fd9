/** The settings of a wheel whose runs start no workers. */
export const ALONE = {
  maxWorkOfRun: Number.POSITIVE_INFINITY,
  startWorker: () => Promise.reject(new Error('There are no workers here.')),
};
