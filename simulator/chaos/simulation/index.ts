/** The whole road in one process, on simulated time, network and disks. */
export { type Simulated, simulate } from './simulation.ts'
