import { CustomChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { chartOption } from './option.ts'
import type { ChartColours, Picture } from './picture.ts'

/** A chart on the page. This file alone touches ECharts, and is loaded when a chart is asked for. */
export interface Drawing {
  show(picture: Picture, colours: ChartColours): void
  /** The chart as a PNG of twice its size under a line of text that says what it shows. */
  png(title: string, colours: ChartColours): Promise<Blob>
  close(): void
}

const PNG_SCALE = 2
const PNG_HEAD_PX = 40

/** Draws into `host`, in the size that it has at each `show`. */
export function openDrawing(host: HTMLElement): Drawing {
  use([CustomChart, LineChart, ScatterChart, GridComponent, CanvasRenderer])
  const chart = init(host, null, { renderer: 'canvas' })
  return {
    show: (picture, colours) => {
      const { clientWidth, clientHeight } = host
      if (chart.getWidth() !== clientWidth || chart.getHeight() !== clientHeight) chart.resize()
      chart.setOption(chartOption(picture, colours, clientWidth, clientHeight), { notMerge: true })
      // Painted now: paper does not wait for the next frame.
      chart.getZr().flush()
    },
    png: (title, colours) => {
      const drawn = chart.getRenderedCanvas({ pixelRatio: PNG_SCALE, backgroundColor: colours.ground })
      const sheet = document.createElement('canvas')
      sheet.width = drawn.width
      sheet.height = drawn.height + PNG_HEAD_PX * PNG_SCALE
      const pen = sheet.getContext('2d')
      if (!pen) return Promise.reject(new Error('expected a canvas to draw on, got none'))
      pen.fillStyle = colours.ground
      pen.fillRect(0, 0, sheet.width, sheet.height)
      pen.fillStyle = colours.ink
      pen.font = `600 ${14 * PNG_SCALE}px system-ui, "Noto Sans SC", "Noto Sans CJK SC", sans-serif`
      pen.textBaseline = 'middle'
      pen.fillText(title, 12 * PNG_SCALE, (PNG_HEAD_PX * PNG_SCALE) / 2, sheet.width - 24 * PNG_SCALE)
      pen.drawImage(drawn, 0, PNG_HEAD_PX * PNG_SCALE)
      return new Promise((resolve, reject) => {
        sheet.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('expected a PNG, got nothing'))), 'image/png')
      })
    },
    close: () => chart.dispose(),
  }
}
