/** Measurements on an InfluxDB 1.x server. */
export { InfluxClient, type InfluxSetting } from './influx-client.ts'
export { type InfluxOptions, openInfluxSeries } from './influx-series.ts'
export { Influxd } from './influxd.ts'
